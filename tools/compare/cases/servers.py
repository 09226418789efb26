"""Contenders that are servers: ours, the bare limit and the peers', each printing its port."""

from tools.compare.harness import cores, process
from tools.compare.harness.case import Contender
from tools.compare.harness.outcome import ReadOutcome
from tools.compare.harness.programs import Built

ECHO_SERVERS = {
    'bare-liburing': ['bare/echo_uring'],
    'asio-epoll': ['peers/echo_asio_epoll'],
    'asio-uring': ['peers/echo_asio_uring'],
    'libuv': ['peers/echo_libuv'],
    'tokio-1.24': ['peers/tokio_echo'],
}
# What a user writes: the example, on a free port.
OURS = ['//examples/tcp_echo', '127.0.0.1:0']


def MeasureLoaded(server_command, load_command, timeout_s):
    """Starts the server and what loads it; returns the load's verified figure.

    Args:
      server_command: the server.
      load_command: takes (port, pid of the server), returns the command of the load.
      timeout_s: how long the load may take.
    """
    with process.Server(server_command) as (pid, port):
        output, status = process.Run(load_command(port, pid), cores.Client(), timeout_s)
    return ReadOutcome(output, status)


def Loaded(name, server, load_command):
    """A contender whose figure is that of a load generator; it takes (port, pid, seconds).

    `server` is the command of the server: a program to be found by Built, and its arguments.
    """

    def Measure(command, seconds):
        return MeasureLoaded(command, lambda port, pid: load_command(port, pid, seconds),
                             timeout_s=seconds + 20)

    return Contender(name, lambda: [Built(server[0]), *server[1:]], Measure)
