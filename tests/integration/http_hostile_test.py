#!/usr/bin/env python3
"""Clients that misbehave: nothing they do harms others, leaks or hangs."""

import socket
import struct
import unittest

from tools.testing.server_process import (
    BACKENDS, ServerProcess, exchange, raise_descriptor_limit, read_to_end)

GET = b"GET / HTTP/1.1\r\nHost: t\r\n\r\n"


def reset(client):
    """Closes with a RST instead of a FIN."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


class HttpHostileTest(unittest.TestCase):
    def setUp(self):
        raise_descriptor_limit()

    def each_backend(self, *flags):
        for backend in BACKENDS:
            with self.subTest(backend=backend), ServerProcess(backend, *flags) as server:
                before = server.descriptors()
                yield server
                # Whatever happened: others are served, and every descriptor is back.
                self.assertIn(b" 200 OK\r\n", exchange(
                    server, b"GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"))
                server.wait_for_connections(0)
                server.wait_for_descriptors(before)

    def test_garbage_is_answered_with_400(self):
        for server in self.each_backend():
            for garbage in (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"\x00\x00\r\n\r\n",
                            b"GET / HTTP/1.1\r\nHost: t\r\nA\x00: b\r\n\r\n"):
                self.assertTrue(exchange(server, garbage).startswith(b"HTTP/1.1 400 "))

    def test_a_head_without_end_is_cut_at_the_limit(self):
        for server in self.each_backend():
            answer = exchange(server, b"GET /" + b"a" * 20000)
            self.assertTrue(answer.startswith(b"HTTP/1.1 431 "), answer[:40])

    def test_half_a_head_then_silence_times_out(self):
        for server in self.each_backend("--request_s", "1"):
            self.assertTrue(exchange(server, GET[:10]).startswith(b"HTTP/1.1 408 "))

    def test_silence_from_the_start_is_closed_without_an_answer(self):
        for server in self.each_backend("--idle_s", "1"):
            self.assertEqual(exchange(server, b""), b"")

    def test_half_a_head_then_the_end_of_the_stream(self):
        for server in self.each_backend():
            with server.connect() as client:
                client.sendall(GET[:10])
                client.shutdown(socket.SHUT_WR)
                self.assertEqual(read_to_end(client), b"")

    def test_a_half_closed_client_gets_its_answers(self):
        for server in self.each_backend():
            with server.connect() as client:
                client.sendall(GET * 10)
                client.shutdown(socket.SHUT_WR)
                self.assertEqual(read_to_end(client).count(b"Hello, World!"), 10)

    def test_resets_at_every_stage(self):
        for server in self.each_backend():
            for sent in (b"", GET[:5], GET, GET * 1000):
                for _ in range(50):
                    client = server.connect()
                    client.sendall(sent)
                    reset(client)
            server.wait_for_connections(0)

    def test_every_split_of_pipelined_requests(self):
        for server in self.each_backend():
            with server.connect() as client:
                for split in range(1, len(GET)):
                    client.sendall(GET + GET[:split])
                    client.sendall(GET[split:] + GET)
                client.sendall(b"GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
                body = read_to_end(client)
            self.assertEqual(body.count(b"Hello, World!"), 3 * (len(GET) - 1) + 1)

    def test_a_client_that_never_reads_does_not_stop_the_others(self):
        for server in self.each_backend():
            client = server.connect()
            client.setblocking(False)
            sent = 0
            try:  # until the buffers of both sides are full
                while sent < 64 << 20:
                    sent += client.send(GET * 500)
            except BlockingIOError:
                pass
            self.assertIn(b" 200 OK\r\n", exchange(
                server, b"GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"))
            reset(client)

    def test_connections_over_the_limit_get_503(self):
        for server in self.each_backend("--connections_max", "3"):
            held = [server.connect() for _ in range(3)]
            for client in held:
                client.sendall(GET)
                self.assertIn(b"Hello", client.recv(4096))
            self.assertTrue(exchange(server, b"").startswith(b"HTTP/1.1 503 "))
            for client in held:
                client.close()
            # The server hears of the closes in its own time.
            while not exchange(
                    server, b"GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"
            ).startswith(b"HTTP/1.1 200 "):
                pass


if __name__ == "__main__":
    unittest.main()
