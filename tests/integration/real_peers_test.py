#!/usr/bin/env python3
"""Programs that know nothing of us, through our TCP proxy: curl, nc, dig, git, openssl; and many
connections that come and go, after which descriptors and memory are back at the start."""

import concurrent.futures
import os
import socket
import subprocess
import tempfile
import time
import unittest

from tests.integration.other_server import OtherServer
from tools.testing.server_process import BACKENDS, ServerProcess, raise_descriptor_limit


def run(*command, text_in=None, env=None, folder=None):
    done = subprocess.run(command, input=text_in, capture_output=True, text=True, timeout=120,
                          check=False, env=env, cwd=folder)
    assert done.returncode == 0, (command, done.returncode, done.stdout, done.stderr)
    return done.stdout


def proxy_to(backend, port, host="localhost"):
    return ServerProcess(backend, "--to_host", host, "--to_port", str(port),
                         binary="examples/tcp_proxy")


class RealPeersTest(unittest.TestCase):
    def setUp(self):
        raise_descriptor_limit()

    def each_backend(self):
        for backend in BACKENDS:
            with self.subTest(backend=backend):
                yield backend

    def test_curl_through_the_proxy(self):
        for backend in self.each_backend():
            with ServerProcess(backend) as server, proxy_to(backend, server.port) as proxy:
                out = run("curl", "-s", "-w", "|%{http_code} %{num_connects}|", proxy.url,
                          proxy.url)
                self.assertEqual(out, "Hello, World!|200 1|Hello, World!|200 0|")

    def test_nc_sends_ends_and_gets_the_rest(self):
        text = "".join(f"line {i}\n" for i in range(20000))
        for backend in self.each_backend():
            with OtherServer(lambda port: ["python3", "-c", ECHO_AFTER_END, str(port)]) as server:
                with proxy_to(backend, server.port) as proxy:
                    # -N: nc ends its half after its input; what comes back comes after that.
                    out = run("nc.openbsd", "-N", "127.0.0.1", str(proxy.port), text_in=text)
                    self.assertEqual(out, text)

    def test_dig_asks_by_tcp_through_the_proxy(self):
        for backend in self.each_backend():
            with OtherServer(lambda port: [
                    "/usr/sbin/dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-resolv",
                    "--no-hosts", "--bind-interfaces", "--listen-address=127.0.0.1",
                    "--log-facility=-", f"--port={port}",
                    "--host-record=a.test,192.0.2.1"]) as server:
                with proxy_to(backend, server.port) as proxy:
                    out = run("dig", "+tcp", "+short", "@127.0.0.1", "-p", str(proxy.port),
                              "a.test", "A")
                    self.assertEqual(out, "192.0.2.1\n")

    def test_git_clones_through_the_proxy(self):
        with tempfile.TemporaryDirectory() as folder:
            env = dict(os.environ, HOME=folder, GIT_CONFIG_NOSYSTEM="1", GIT_AUTHOR_NAME="a",
                       GIT_AUTHOR_EMAIL="a@a.test", GIT_COMMITTER_NAME="a",
                       GIT_COMMITTER_EMAIL="a@a.test")
            # Itself, so that nothing is left when it is ended: `git daemon` would be its parent.
            daemon = os.path.join(run("git", "--exec-path").strip(), "git-daemon")
            repository = os.path.join(folder, "one")
            run("git", "init", "-q", repository, env=env)
            with open(os.path.join(repository, "data"), "wb") as file:
                file.write(os.urandom(2_000_000))
            run("git", "-C", repository, "add", "data", env=env)
            run("git", "-C", repository, "commit", "-q", "-m", "one", env=env)
            head = run("git", "-C", repository, "rev-parse", "HEAD", env=env)
            for backend in self.each_backend():
                with OtherServer(lambda port: [
                        daemon, "--reuseaddr", "--export-all", "--listen=127.0.0.1",
                        f"--port={port}", f"--base-path={folder}"], env=env) as server:
                    with proxy_to(backend, server.port) as proxy:
                        copy = os.path.join(folder, "copy-" + backend)
                        run("git", "clone", "-q", f"git://127.0.0.1:{proxy.port}/one", copy,
                            env=env)
                        self.assertEqual(run("git", "-C", copy, "rev-parse", "HEAD", env=env),
                                         head)
                        run("git", "-C", copy, "fsck", "--strict", env=env)

    def test_s_client_talks_to_s_server_through_the_proxy(self):
        with tempfile.TemporaryDirectory() as folder:
            key, certificate = (os.path.join(folder, name) for name in ("key", "certificate"))
            run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=a.test")
            for backend in self.each_backend():
                with OtherServer(lambda port: [
                        "openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert",
                        certificate, "-key", key, "-www", "-quiet"]) as server:
                    with proxy_to(backend, server.port) as proxy:
                        out = run("openssl", "s_client", "-connect", f"127.0.0.1:{proxy.port}",
                                  "-CAfile", certificate, "-verify_return_error", "-ign_eof",
                                  "-quiet", text_in="GET / HTTP/1.0\r\n\r\n")
                        self.assertIn("HTTP/1.0 200 ok", out)
                        self.assertIn("</HTML>", out.upper())

    def test_thousands_of_connections_come_and_go(self):
        for backend in self.each_backend():
            with ServerProcess(backend) as server, proxy_to(backend, server.port) as proxy:
                self.come_and_go(proxy, 300)  # warm: buffers and pools are made
                self.wait_for_descriptors(proxy, None)
                descriptors = proxy.descriptors()
                memory = proxy.resident_bytes()
                self.come_and_go(proxy, 3000)
                self.wait_for_descriptors(proxy, descriptors)
                # Pools keep what they have; one that grew with each connection would show 3000 of
                # anything, 1 KiB each at least.
                self.assertLess(proxy.resident_bytes() - memory, 3000 * 1024)

    def wait_for_descriptors(self, proxy, count):
        limit = time.monotonic() + 30
        before = None
        while time.monotonic() < limit:
            now = proxy.descriptors()
            if now == (count if count is not None else before):
                return
            before = now
            time.sleep(0.05)
        self.fail(f"{proxy.descriptors()} descriptors, not {count}")

    @staticmethod
    def come_and_go(proxy, count):
        """Some ask and read, some end before the answer, some reset."""
        def visit(number):
            with socket.create_connection(("127.0.0.1", proxy.port), timeout=60) as client:
                kind = number % 4
                if kind == 3:
                    return True
                client.sendall(b"GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
                if kind == 2:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                      b"\x01\0\0\0\0\0\0\0")
                    return True
                answer = b""
                while True:
                    part = client.recv(4096)
                    if not part:
                        return answer.endswith(b"Hello, World!")
                    answer += part
        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            assert all(pool.map(visit, range(count)))


# Reads to the end, then answers with what it read.
ECHO_AFTER_END = """
import socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    client = server.accept()[0]
    text = b""
    while part := client.recv(65536):
        text += part
    client.sendall(text)
    client.close()
"""


if __name__ == "__main__":
    unittest.main()
