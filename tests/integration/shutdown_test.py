#!/usr/bin/env python3
"""The end of a server: it drains at the first signal and dies at the second."""

import os
import signal
import unittest

from tools.testing.server_process import BACKENDS, ServerProcess, read_to_end

GET = b"GET / HTTP/1.1\r\nHost: t\r\n\r\n"


class ShutdownTest(unittest.TestCase):
    def test_an_idle_server_stops_with_status_0(self):
        for backend in BACKENDS:
            for number in (signal.SIGTERM, signal.SIGINT):
                server = ServerProcess(backend)
                os.kill(server.pid, number)
                output, _ = server.process.communicate(timeout=30)
                self.assertEqual(server.process.returncode, 0, server.error_text())
                self.assertIn("drained\n", output)

    def test_a_request_under_way_is_answered_while_draining(self):
        for backend in BACKENDS:
            with self.subTest(backend=backend), ServerProcess(backend, "--grace_s", "20") as server:
                client = server.connect()
                client.sendall(GET)
                self.assertIn(b"Hello", client.recv(4096))
                client.sendall(GET[:8])
                os.kill(server.pid, signal.SIGTERM)
                # New connections are refused once it drains; then the rest of the head comes.
                while True:
                    try:
                        server.connect().close()
                    except OSError:
                        break
                client.sendall(GET[8:])
                answer = read_to_end(client)
                self.assertIn(b"Hello, World!", answer)
                self.assertIn(b"Connection: close\r\n", answer)
                server.process.communicate(timeout=30)
                self.assertEqual(server.process.returncode, 0)

    def test_what_is_left_after_the_grace_is_cut(self):
        for backend in BACKENDS:
            with self.subTest(backend=backend), ServerProcess(backend, "--grace_s", "0") as server:
                clients = [server.connect() for _ in range(100)]
                for client in clients:
                    client.sendall(GET)
                    self.assertIn(b"Hello", client.recv(4096))
                server.stop()
                for client in clients:
                    self.assertEqual(read_to_end(client), b"")
                output = server.process.communicate(timeout=30)[0]
                self.assertEqual(output.count("cut 127.0.0.1:"), 64)  # all are counted, these named

    def test_the_second_signal_ends_it_at_once(self):
        for backend in BACKENDS:
            with self.subTest(backend=backend):
                server = ServerProcess(backend, "--grace_s", "1000")
                client = server.connect()
                client.sendall(GET)
                self.assertIn(b"Hello", client.recv(4096))
                os.kill(server.pid, signal.SIGINT)
                while True:
                    try:
                        server.connect().close()
                    except OSError:
                        break
                os.kill(server.pid, signal.SIGINT)
                server.process.communicate(timeout=30)
                self.assertEqual(server.process.returncode, -signal.SIGINT)


if __name__ == "__main__":
    unittest.main()
