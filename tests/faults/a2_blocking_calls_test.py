#!/usr/bin/env python3
"""A2: no blocking call in any worker thread: every system call of a server under load is traced.

The only calls in which a worker may wait are those of its driver: io_uring_enter, epoll_pwait and
epoll_pwait2, futex. Whatever is on no list fails too, so that a new call is looked at once.
"""

import collections
import os
import re
import shutil
import signal
import tempfile
import unittest

from tools.testing.server_process import BACKENDS, ServerProcess, exchange, read_to_end

WAITS_OF_THE_DRIVER = {"io_uring_enter", "epoll_wait", "epoll_pwait", "epoll_pwait2", "futex"}
NEVER_BLOCK = {
    # Sockets are non-blocking or the call says MSG_DONTWAIT: checked below where it shows.
    "accept4", "recvfrom", "recvmsg", "sendto", "sendmsg", "shutdown", "close", "socket", "bind",
    "listen", "getsockname", "getpeername", "setsockopt", "getsockopt", "fcntl", "read", "write",
    "writev", "readv", "epoll_ctl", "epoll_create1", "eventfd2", "io_uring_setup",
    "io_uring_register",
    # Memory, time, threads.
    "mmap", "munmap", "mprotect", "madvise", "brk", "mremap", "clock_gettime", "membarrier",
    "sched_getaffinity", "sched_yield", "getrandom", "rseq", "set_robust_list", "gettid", "prctl",
    "sigaltstack", "rt_sigprocmask", "exit", "getcpu", "set_tid_address", "clone3",
    "restart_syscall",
    "newfstatat", "fstat",  # stdio's look at stdout before its first line
    "tgkill", "getpid",
}
GET = b"GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"


def worker_calls(trace_dir):
    """How many threads named themselves workers, and the counts of their calls by name."""
    counts = collections.Counter()
    workers = 0
    for name in os.listdir(trace_dir):
        with open(os.path.join(trace_dir, name), encoding="utf-8", errors="replace") as file:
            text = file.read()
        if not re.search(r'PR_SET_NAME, "zokio-\d+"', text):
            continue
        workers += 1
        counts.update(re.findall(r"^(\w+)\(", text, re.M))
    return workers, counts


@unittest.skipUnless(shutil.which("strace"), "strace is not installed (tools/install does that)")
class A2BlockingCallsTest(unittest.TestCase):
    def trace(self, backend, binary, drive, *flags):
        with tempfile.TemporaryDirectory() as trace_dir:
            server = ServerProcess(
                backend, *flags, binary=binary,
                prefix=("strace", "-ff", "-o", os.path.join(trace_dir, "trace")))
            drive(server)
            if server.process.poll() is None:
                os.kill(server.pid, signal.SIGTERM)
            server.process.communicate(timeout=60)
            server.errors.close()
            workers, counts = worker_calls(trace_dir)
        self.assertGreater(workers, 0, "no worker thread was traced")
        return counts

    def offenders(self, counts):
        return {name: count for name, count in counts.items()
                if name not in WAITS_OF_THE_DRIVER | NEVER_BLOCK}

    def test_a2_no_worker_of_the_server_makes_a_blocking_call(self):
        def drive(server):
            for _ in range(20):
                self.assertIn(b"Hello, World!", exchange(server, GET))
            with server.connect() as client:  # pipelined, then more than a buffer holds
                client.sendall(b"GET / HTTP/1.1\r\nHost: t\r\n\r\n" * 2000 + GET)
                self.assertEqual(read_to_end(client).count(b"Hello"), 2001)

        for backend in BACKENDS:
            with self.subTest(backend=backend):
                counts = self.trace(backend, "examples/http_server", drive, "--workers", "2")
                self.assertEqual(self.offenders(counts), {})

    def test_a2_a_planted_sleep_in_a_worker_is_caught(self):
        def drive(server):
            self.assertIn(b" 200 OK", exchange(server, GET))

        counts = self.trace("epoll", "tests/faults/sleeping_worker", drive)
        self.assertTrue({"nanosleep", "clock_nanosleep"} & set(self.offenders(counts)))


if __name__ == "__main__":
    unittest.main()
