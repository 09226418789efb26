"""A server of //examples as a process of its own, for tests that talk to it from outside."""

import os
import re
import resource
import select
import signal
import socket
import subprocess
import tempfile
import time

BACKENDS = ("io_uring", "epoll")


def raise_descriptor_limit():
    """Returns how many descriptors this process, and those it starts, may have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class ServerProcess:
    """Started on a free port; `with ServerProcess(...) as server` ends it and checks how."""

    def __init__(self, backend, *flags, binary="examples/http_server", prefix=()):
        self.errors = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(
            [*prefix, binary, "--port", "0", "--backend", backend, *flags],
            stdout=subprocess.PIPE, stderr=self.errors, text=True)
        self.port = None
        for line in self.process.stdout:
            match = re.match(r"listening on 127\.0\.0\.1:(\d+)", line)
            if match:
                self.port = int(match.group(1))
                break
        assert self.port, f"{binary} did not start: {self.error_text()}"
        self.pid = self.process.pid
        if prefix:  # the server is the child of what runs it
            with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as file:
                self.pid = int(file.read().split()[0])

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            self.process.kill()
            self.process.communicate()
        else:
            self.stop()
        self.errors.close()

    def stop(self):
        """SIGTERM, then exit status 0 in time; returns what it printed meanwhile."""
        if self.process.returncode is not None:
            return ""
        os.kill(self.pid, signal.SIGTERM)
        output, _ = self.process.communicate(timeout=30)
        assert self.process.returncode == 0, (self.process.returncode, self.error_text())
        return output

    def error_text(self):
        self.errors.seek(0)
        return self.errors.read()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def connect(self, timeout=20):
        client = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def runs(self):
        """How often any thread of it got a processor, since it began: it counts wake-ups."""
        total = 0
        for task in os.listdir(f"/proc/{self.pid}/task"):
            with open(f"/proc/{self.pid}/task/{task}/schedstat", encoding="ascii") as file:
                total += int(file.read().split()[2])
        return total

    def resident_bytes(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmRSS:\s+(\d+) kB", file.read()).group(1)) * 1024

    def stats(self):
        """The figures of /stats as a dict."""
        answer = exchange(self, b"GET /stats HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
        body = answer.split(b"\r\n\r\n", 1)[1].decode()
        return {name: int(value) for name, value in (line.split() for line in body.splitlines())}

    def wait_for_connections(self, count):
        """Until just so many connections are open, besides the one that asks."""
        deadline = time.monotonic() + 30
        while self.stats()["connections"] - 1 != count:
            assert time.monotonic() < deadline, self.stats()

    def wait_for_descriptors(self, count):
        """Until no more than so many are open: closed connections linger for a moment."""
        deadline = time.monotonic() + 30
        while self.descriptors() > count:
            assert time.monotonic() < deadline, (self.descriptors(), count)


def read_to_end(client):
    data = b""
    while True:
        chunk = client.recv(65536)
        if not chunk:
            return data
        data += chunk


def exchange(server, request):
    """Sends on a connection of its own and reads to the end of the stream."""
    with server.connect() as client:
        client.sendall(request)
        return read_to_end(client)


def readable(client, seconds):
    return bool(select.select([client], [], [], seconds)[0])
