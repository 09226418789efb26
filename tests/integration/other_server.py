"""A server of somebody else, for tests: started on a free port of 127.0.0.1."""

import socket
import subprocess
import time


class OtherServer:
    """`make_command(port)` is started, again where somebody else took the port meanwhile."""

    def __init__(self, make_command, **options):
        for _ in range(20):
            with socket.create_server(("127.0.0.1", 0)) as probe:
                self.port = probe.getsockname()[1]
            self.process = subprocess.Popen(make_command(self.port), stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL,
                                            stderr=subprocess.DEVNULL, **options)
            if self.accepts():
                return
            self.process.kill()
            self.process.wait()
        raise AssertionError("the server does not start")

    def accepts(self):
        limit = time.monotonic() + 20
        while self.process.poll() is None and time.monotonic() < limit:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return True
            except ConnectionRefusedError:
                time.sleep(0.01)
        return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
