#!/usr/bin/env python3
"""The chat example: lines reach the others, a session that crashes ends alone, Ctrl-C ends all."""

import signal
import socket
import subprocess
import unittest


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.file = self.socket.makefile("rb")

    def say(self, text):
        self.socket.sendall(text.encode() + b"\n")

    def line(self):
        return self.file.readline().decode().rstrip("\n")

    def close(self):
        self.file.close()
        self.socket.close()


class ChatTest(unittest.TestCase):
    def test_lines_reach_the_others_and_a_crash_ends_one_session_only(self):
        server = subprocess.Popen(["examples/chat", "127.0.0.1:0"], stdout=subprocess.PIPE)
        try:
            port = int(server.stdout.readline().decode().rsplit(":", 1)[1])
            clients = [Client(port) for _ in range(1)]
            self.assertEqual(clients[0].line(), "* welcome, 1 here")
            for count in (2, 3):
                clients.append(Client(port))
                self.assertEqual(clients[-1].line(), "* welcome, %d here" % count)
            clients[0].say("hello")
            self.assertEqual(clients[1].line(), "hello")
            self.assertEqual(clients[2].line(), "hello")
            clients[1].say("/crash")
            self.assertEqual(clients[1].line(), "", "its connection is closed")
            self.assertEqual(clients[0].line(), "* somebody left")
            self.assertEqual(clients[2].line(), "* somebody left")
            clients[2].say("still here")
            self.assertEqual(clients[0].line(), "still here")
            server.send_signal(signal.SIGINT)
            self.assertEqual(server.wait(timeout=60), 0)
            self.assertEqual(clients[0].line(), "", "ended with the system")
            for client in clients:
                client.close()
        finally:
            server.kill()
            server.wait()
            server.stdout.close()


if __name__ == "__main__":
    unittest.main()
