#!/usr/bin/env python3
"""A1: awaiting suspends. A server that waits, for connections or for bytes, never runs.

What is counted is how often a thread of the server got a processor, not how long it had it: a busy
or noisy machine adds to the latter only.
"""

import time
import unittest

from tools.testing.server_process import BACKENDS, ServerProcess

GET = b"GET / HTTP/1.1\r\nHost: t\r\n\r\n"
WINDOW_S = 2.0
# After its last work the watchdog looks once more, and memory held for the next burst goes back.
WINDOWS_MAX = 10


class A1IdleCpuTest(unittest.TestCase):
    def assert_comes_to_rest(self, server):
        """A whole window in which no thread ran comes soon."""
        runs = []
        for _ in range(WINDOWS_MAX):
            before = server.runs()
            time.sleep(WINDOW_S)  # the window of the measurement, not a wait for an event
            runs.append(server.runs() - before)
            if runs[-1] == 0:
                return
        self.fail(f"runs in each window of {WINDOW_S} s: {runs}")

    def test_a1_an_idle_server_uses_no_cpu(self):
        for backend in BACKENDS:
            with self.subTest(backend=backend), ServerProcess(backend) as server:
                self.assert_comes_to_rest(server)

    def test_a1_idle_connections_use_no_cpu(self):
        for backend in BACKENDS:
            with self.subTest(backend=backend), ServerProcess(backend) as server:
                clients = [server.connect() for _ in range(100)]
                try:
                    before = server.runs()
                    for client in clients:
                        client.sendall(GET)
                        self.assertIn(b"Hello", client.recv(4096))
                    self.assertGreater(server.runs(), before)
                    self.assert_comes_to_rest(server)
                finally:
                    for client in clients:
                        client.close()


if __name__ == "__main__":
    unittest.main()
