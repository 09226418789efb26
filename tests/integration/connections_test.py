#!/usr/bin/env python3
"""10 000 idle connections, held from a second process; memory of each is reported."""

import unittest

from tools.testing.server_process import BACKENDS, ServerProcess, raise_descriptor_limit

CONNECTIONS = 10_000
GET = b"GET / HTTP/1.1\r\nHost: t\r\n\r\n"


class ConnectionsTest(unittest.TestCase):
    def test_ten_thousand_idle_connections_are_held(self):
        limit = raise_descriptor_limit()
        if limit < CONNECTIONS + 100:
            self.skipTest(f"the hard descriptor limit here is {limit}")
        for backend in BACKENDS:
            with self.subTest(backend=backend), ServerProcess(backend) as server:
                before = server.resident_bytes()
                clients = []
                for _ in range(CONNECTIONS):
                    client = server.connect()
                    client.sendall(GET)
                    clients.append(client)
                for client in clients:
                    self.assertIn(b"Hello, World!", client.recv(4096))
                server.wait_for_connections(CONNECTIONS)
                each = (server.resident_bytes() - before) / CONNECTIONS
                print(f"{backend}: {CONNECTIONS} connections held, {each:.0f} B resident each")
                # They are idle, not dead: each still answers.
                for client in clients[:: CONNECTIONS // 100]:
                    client.sendall(GET)
                    self.assertIn(b"Hello, World!", client.recv(4096))
                for client in clients:
                    client.close()
                server.wait_for_connections(0)


if __name__ == "__main__":
    unittest.main()
