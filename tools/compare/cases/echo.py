"""Echo servers on one core: CPU time of the server for each message that came back."""

from tools.compare.cases.servers import ECHO_SERVERS, OURS, Loaded
from tools.compare.harness import figures
from tools.compare.harness.case import Case
from tools.compare.harness.programs import Built

WARMUP_S = 0.1


def _Load(connections, size, depth):
    """The load generator's command for (port, pid, seconds)."""
    return lambda port, pid, seconds: [
        Built('load/echo_load'), str(port), str(pid), str(connections), str(size), str(depth),
        '%.2f' % seconds, str(WARMUP_S)]


def _Bars(connections, size):
    bars = {'bare-liburing': 0.95, 'best': 1.0}
    if connections >= 1000 or size >= 4096:
        bars.update({'asio-epoll': 1.2, 'libuv': 1.2, 'tokio-1.24': 1.2})
    return bars


def EchoCase(connections, size, depth, limit=None):
    """`depth` messages of `size` bytes under way on each of so many connections."""
    load = _Load(connections, size, depth)
    return Case(
        name='echo_c%d_b%d_d%d' % (connections, size, depth),
        work='%d connections echo %d-byte messages, %d under way on each' % (
            connections, size, depth),
        unit='ns', better=figures.LESS,
        ours=Loaded('ours', OURS, load),
        peers=[Loaded(name, server, load) for name, server in ECHO_SERVERS.items()],
        bars=_Bars(connections, size), overhead_s=0.3, limit=limit)


CASES = [
    EchoCase(64, 64, 1),
    EchoCase(64, 64, 16),
    EchoCase(1000, 64, 1, limit=('bare-liburing', 'asio-epoll', 1.3)),
    EchoCase(64, 4096, 1),
    EchoCase(1000, 4096, 1),
]
