#!/usr/bin/env python3
"""Real clients against the HTTP server, on every backend: curl, ab, wrk."""

import re
import subprocess
import unittest

from tools.testing.server_process import BACKENDS, ServerProcess, raise_descriptor_limit


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, (command, done.returncode, done.stdout, done.stderr)
    return done.stdout


class HttpClientsTest(unittest.TestCase):
    def setUp(self):
        raise_descriptor_limit()

    def each_backend(self, *flags):
        for backend in BACKENDS:
            with self.subTest(backend=backend), ServerProcess(backend, *flags) as server:
                yield server

    def test_curl_gets_the_page_and_keeps_the_connection(self):
        for server in self.each_backend():
            out = run("curl", "-s", "-w", "|%{http_code} %{num_connects}|", server.url, server.url)
            self.assertEqual(out, "Hello, World!|200 1|Hello, World!|200 0|")

    def test_curl_head_post_and_unknown_page(self):
        for server in self.each_backend():
            self.assertIn("Content-Length: 13", run("curl", "-sI", server.url))
            code = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}"]
            self.assertEqual(run(*code, "-d", "x" * 5000, server.url), "405")
            self.assertEqual(run(*code, server.url + "none"), "404")
            self.assertEqual(run(*code, "--http1.0", server.url), "200")
            self.assertEqual(
                run(*code, "-H", "Expect: 100-continue", "-d", "abc", server.url), "405")

    def test_ab_gets_every_answer(self):
        for server in self.each_backend():
            out = run("ab", "-q", "-k", "-n", "20000", "-c", "100", server.url)
            self.assertIn("Complete requests:      20000", out)
            self.assertIn("Failed requests:        0", out)
            self.assertIn("Keep-Alive requests:    20000", out)
            self.assertNotIn("Non-2xx", out)

    def test_ab_with_a_connection_per_request(self):
        for server in self.each_backend():
            out = run("ab", "-q", "-n", "5000", "-c", "50", server.url)
            self.assertIn("Complete requests:      5000", out)
            self.assertIn("Failed requests:        0", out)
            server.wait_for_connections(0)

    def test_wrk_with_1000_connections_has_no_error(self):
        for server in self.each_backend():
            out = run("wrk", "-t1", "-c1000", "-d2s", server.url)
            self.assertNotIn("Socket errors", out)
            self.assertNotIn("Non-2xx", out)
            requests = int(re.search(r"(\d+) requests in", out).group(1))
            self.assertGreater(requests, 1000)
            stats = server.stats()
            self.assertGreaterEqual(stats["accepted"], 1000)
            server.wait_for_connections(0)


if __name__ == "__main__":
    unittest.main()
