#!/usr/bin/env python3
"""Planted faults: servers that do not do the work, under the real load generators."""

import os
import socket
import threading
import unittest

from tools.compare.cases import http as http_cases
from tools.compare.harness import process
from tools.compare.harness.outcome import Missing, NotVerified, ReadOutcome
from tools.compare.harness.programs import Built, Installed


class FaultyServer:
    """Answers each received chunk with what `answer(chunk, count so far)` gives; None closes."""

    def __init__(self, answer):
        self._answer = answer
        self._listener = socket.create_server(('127.0.0.1', 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._Accept, daemon=True).start()

    def _Accept(self):
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._Serve, args=(peer,), daemon=True).start()

    def _Serve(self, peer):
        count = 0
        with peer:
            try:
                while chunk := peer.recv(65536):
                    answer = self._answer(chunk, count)
                    if answer is None:
                        return
                    count += 1
                    peer.sendall(answer)
            except OSError:
                pass  # the load generator went away

    def Close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


class FaultsTest(unittest.TestCase):

    def Serve(self, answer):
        server = FaultyServer(answer)
        self.addCleanup(server.Close)
        return server.port

    def EchoLoad(self, answer, seconds='0.1'):
        command = [Built('load/echo_load'), str(self.Serve(answer)), str(os.getpid()), '4', '64',
                   '2', seconds, '0.01']
        return ReadOutcome(*process.Run(command, os.sched_getaffinity(0), timeout_s=20))

    def assertCaught(self, message, answer):
        with self.assertRaisesRegex(NotVerified, message):
            self.EchoLoad(answer, seconds='10')

    def testAcceptsAServerThatEchoes(self):
        self.assertGreater(self.EchoLoad(lambda chunk, _: chunk).work, 0)

    def testCatchesAServerThatAnswersNothing(self):
        self.assertCaught('nothing came back', lambda chunk, _: b'')

    def testCatchesAServerThatChangesAByte(self):
        self.assertCaught('not what was sent',
                          lambda chunk, n: chunk if n < 5 else chunk[:-1] + b'?')

    def testCatchesAServerThatSendsTwice(self):
        self.assertCaught('not what was sent', lambda chunk, n: chunk if n < 5 else chunk * 2)

    def testCatchesAServerThatAnswersSomethingElse(self):
        self.assertCaught('not what was sent', lambda chunk, _: bytes(len(chunk)))

    def testCatchesAServerThatDropsAMessage(self):
        self.assertCaught('not what was sent|silent', lambda chunk, n: b'' if n == 3 else chunk)

    def testCatchesAServerThatCloses(self):
        self.assertCaught('closed', lambda chunk, n: None if n == 5 else chunk)

    def testIdleLoadCatchesAServerThatDoesNotEcho(self):
        port = self.Serve(lambda chunk, _: chunk[::-1])
        command = [Built('load/idle_load'), str(port), str(os.getpid()), '4']
        with self.assertRaisesRegex(NotVerified, 'not what was sent'):
            ReadOutcome(*process.Run(command, os.sched_getaffinity(0), timeout_s=20))

    def testCatchesAnHttpServerWithAnotherAnswer(self):
        head = b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n'
        self.assertEqual(http_cases.AnswerBytes(self.Serve(lambda *_: head + b'Hello, World!')),
                         len(head) + 13)
        for answer in (head + b'Hello, Wurld!', head.replace(b'200', b'500') + b'Hello, World!',
                       b'nonsense\r\n\r\n', None):
            with self.assertRaises(NotVerified):
                http_cases.AnswerBytes(self.Serve(lambda *_, answer=answer: answer))

    def testChecksWhatWrkCounted(self):
        counted = {'requests': '100', 'bytes': '5000', 'connect': '0', 'read': '0', 'write': '0',
                   'status': '0', 'timeout': '0'}
        self.assertEqual(http_cases.CheckRequests(counted, 64, 50), 100)
        for fault in ({'status': '1'}, {'timeout': '3'}, {'bytes': '4999'}, {'bytes': '8201'},
                      {'requests': '0', 'bytes': '0'}):
            with self.assertRaises(NotVerified):
                http_cases.CheckRequests({**counted, **fault}, 64, 50)

    def testNamesThePackageOfWhatIsMissing(self):
        with self.assertRaisesRegex(Missing, 'no-such-package'):
            Installed('no-such-program', 'no-such-package')


if __name__ == '__main__':
    unittest.main()
