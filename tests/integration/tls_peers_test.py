#!/usr/bin/env python3
"""TLS with programs that know nothing of us: curl, openssl s_client, openssl s_server."""

import os
import socket
import ssl
import subprocess
import tempfile
import unittest

from tests.integration.other_server import OtherServer
from tools.testing.server_process import BACKENDS, ServerProcess


def openssl(*arguments, text_in=""):
    return subprocess.run(("openssl",) + arguments, input=text_in, capture_output=True, text=True,
                          timeout=60, check=False)


class TlsPeersTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.ca = cls.path("ca.pem")
        new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        for name in ("ca", "stranger"):
            assert openssl("req", "-x509", *new_key, "-keyout", cls.path(name + ".key"), "-out",
                           cls.path(name + ".pem"), "-days", "2", "-subj",
                           "/CN=" + name).returncode == 0
        with open(cls.path("names"), "w", encoding="ascii") as file:
            file.write("subjectAltName=DNS:a.test,IP:127.0.0.1\n")
        assert openssl("req", *new_key, "-keyout", cls.path("a.key"), "-out", cls.path("a.csr"),
                       "-subj", "/CN=a").returncode == 0
        for name, days in (("a", "2"), ("old", "-1")):
            done = openssl("x509", "-req", "-in", cls.path("a.csr"), "-CA", cls.ca, "-CAkey",
                           cls.path("ca.key"), "-CAcreateserial", "-days", days, "-extfile",
                           cls.path("names"), "-out", cls.path(name + ".pem"))
            assert done.returncode == 0, done.stderr

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder.name, name)

    def server(self, backend):
        return ServerProcess(backend, "--certificate", self.path("a.pem"), "--key",
                             self.path("a.key"), binary="examples/https_server")

    def each_server(self):
        for backend in BACKENDS:
            with self.subTest(backend=backend), self.server(backend) as server:
                yield server

    def curl(self, server, *arguments):
        url = f"https://a.test:{server.port}/"
        return subprocess.run(
            ("curl", "-sS", "--resolve", f"a.test:{server.port}:127.0.0.1", *arguments, url),
            capture_output=True, text=True, timeout=60, check=False)

    def client(self, server, *arguments, text_in=""):
        return openssl("s_client", "-connect", f"127.0.0.1:{server.port}", "-servername", "a.test",
                       "-CAfile", self.ca, *arguments, text_in=text_in)

    def test_curl_gets_the_page_if_it_trusts(self):
        for server in self.each_server():
            done = self.curl(server, "--cacert", self.ca, "-w", "|%{http_code} %{ssl_verify_result}")
            self.assertEqual((done.returncode, done.stdout), (0, "Hello, World!|200 0"))
            for version in ("1.2", "1.3"):
                done = self.curl(server, "--cacert", self.ca, "--tlsv" + version, "--tls-max",
                                 version)
                self.assertEqual(done.stdout, "Hello, World!", done.stderr)
            self.assertEqual(self.curl(server, "--cacert", self.path("stranger.pem")).returncode,
                             60)
            self.assertEqual(self.curl(server, "--cacert", self.ca).stdout, "Hello, World!")

    def test_s_client_agrees_on_the_protocol_and_sees_the_end(self):
        request = "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"
        for server in self.each_server():
            done = self.client(server, "-alpn", "h2,http/1.1", "-verify_return_error",
                               "-ign_eof", text_in=request)
            self.assertIn("ALPN protocol: http/1.1", done.stdout)
            self.assertIn("Verify return code: 0 (ok)", done.stdout)
            self.assertIn("Hello, World!", done.stdout)
            self.assertIn("closed", done.stdout + done.stderr)
            self.assertNotIn("unexpected eof", done.stderr)
            self.assertEqual(done.returncode, 0)
            done = self.client(server, "-alpn", "h2")
            self.assertIn("no application protocol", done.stderr)

    def test_s_client_resumes_its_session(self):
        request = "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"
        for server in self.each_server():
            for version in ("-tls1_2", "-tls1_3"):
                session = self.path("session")
                first = self.client(server, version, "-ign_eof", "-sess_out", session,
                                    text_in=request)
                self.assertIn("New, TLS", first.stdout)
                second = self.client(server, version, "-ign_eof", "-sess_in", session,
                                     text_in=request)
                self.assertIn("Reused, TLS", second.stdout)
                self.assertIn("Hello, World!", second.stdout)

    def test_renegotiation_and_old_protocols_are_refused(self):
        for server in self.each_server():
            # A line "R" asks s_client to renegotiate.
            done = self.client(server, "-tls1_2", text_in="R\n")
            self.assertIn("no renegotiation", done.stderr)
            done = self.client(server, "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0")
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("alert protocol version", done.stderr)
            # It serves on.
            self.assertEqual(self.curl(server, "--cacert", self.ca).stdout, "Hello, World!")

    def test_what_is_no_tls_ends_only_itself(self):
        for server in self.each_server():
            for garbage in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x40\x00" + b"x" * 100,
                            b"\x16\x03", b""):
                with server.connect() as client:
                    client.sendall(garbage)
                    client.shutdown(socket.SHUT_WR)
                    while client.recv(4096):
                        pass
            self.assertEqual(self.curl(server, "--cacert", self.ca).stdout, "Hello, World!")

    def test_idle_connections_hold_no_buffers(self):
        context = ssl.create_default_context(cafile=self.ca)
        for server in self.each_server():
            clients = []

            def connect(count, clients=clients, server=server):
                for _ in range(count):
                    client = context.wrap_socket(server.connect(), server_hostname="a.test")
                    client.sendall(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
                    assert client.recv(4096).endswith(b"Hello, World!")
                    clients.append(client)

            connect(100)  # warm
            before = server.resident_bytes()
            connect(400)
            each = (server.resident_bytes() - before) / 400
            print(f"{each:.0f} B resident for an idle TLS connection")
            # The buffers of one record each way would be 33 KiB more.
            self.assertLess(each, 30 * 1024)
            for client in clients:
                client.close()

    def get(self, backend, port, *arguments):
        return subprocess.run(("examples/https_get", "--backend", backend, "--host", "127.0.0.1",
                               "--port", str(port), *arguments),
                              capture_output=True, text=True, timeout=60, check=False)

    def s_server(self, certificate="a.pem", *arguments):
        return OtherServer(lambda port: [
            "openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert",
            self.path(certificate), "-key", self.path("a.key"), "-www", "-quiet", *arguments])

    def test_our_client_and_s_server(self):
        for backend in BACKENDS:
            with self.subTest(backend=backend), self.s_server("a.pem", "-alpn",
                                                              "http/1.1") as server:
                done = self.get(backend, server.port, "--name", "a.test", "--ca", self.ca)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("HTTP/1.0 200 ok", done.stdout)
                self.assertIn("</HTML>", done.stdout.upper())
                self.assertIn("TLSv1.3, http/1.1", done.stderr)
                for arguments, error in (
                        (("--name", "a.test", "--ca", self.path("stranger.pem")),
                         "unable to get local issuer certificate: permission denied"),
                        (("--name", "b.test", "--ca", self.ca),
                         "hostname mismatch: permission denied")):
                    done = self.get(backend, server.port, *arguments)
                    self.assertEqual((done.returncode, done.stdout), (1, ""))
                    self.assertIn(error, done.stderr)

    def test_our_client_refuses_old_certificates_and_takes_tls_1_2(self):
        for backend in BACKENDS:
            with self.subTest(backend=backend):
                with self.s_server("old.pem") as server:
                    done = self.get(backend, server.port, "--name", "a.test", "--ca", self.ca)
                    self.assertIn("certificate has expired: permission denied", done.stderr)
                with self.s_server("a.pem", "-tls1_2") as server:
                    done = self.get(backend, server.port, "--ca", self.ca)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertIn("TLSv1.2", done.stderr)


if __name__ == "__main__":
    unittest.main()
