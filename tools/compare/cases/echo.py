"""Echo servers on one core: CPU time of the server for each message that came back."""

from tools.compare.cases.servers import ECHO_SERVERS, OURS, Loaded
from tools.compare.harness import cores, figures, outcome, process
from tools.compare.harness.case import Case, Contender
from tools.compare.harness.programs import Built, Installed

WARMUP_S = 0.1


def _Load(connections, size, depth, kind='tcp'):
    """The load generator's command for (port, pid, seconds)."""
    return lambda port, pid, seconds: [
        Built('load/echo_load'), str(port), str(pid), str(connections), str(size), str(depth),
        '%.2f' % seconds, str(WARMUP_S), kind]


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


def _OnEpoll(name, server, load):
    """A contender whose loop is told to use epoll."""

    def Prepare():
        return [Installed('env', 'coreutils'), 'ZOKIO_IO_BACKEND=epoll', Built(server[0]),
                *server[1:]]

    return Contender(name, Prepare, Loaded(name, server, load).measure)


def EpollCase(connections, size, depth):
    """The same with our epoll backend."""
    load = _Load(connections, size, depth)
    return Case(
        name='echo_epoll_c%d_b%d_d%d' % (connections, size, depth),
        work='%d connections echo %d-byte messages on epoll, %d under way on each' % (
            connections, size, depth),
        unit='ns', better=figures.LESS,
        ours=_OnEpoll('ours', OURS, load),
        peers=[Loaded(name, ECHO_SERVERS[name], load) for name in ('asio-epoll', 'libuv')],
        bars={'asio-epoll': 1.0, 'libuv': 1.0}, overhead_s=0.3)


def OtherCase(name, work, ours, load, buffer_bytes, kind):
    """Echo of another kind or size, beside Asio and libuv with buffers of `buffer_bytes`."""
    peers = {'asio-epoll': 'peers/echo_asio_epoll', 'libuv': 'peers/echo_libuv'}
    return Case(
        name=name, work=work, unit='ns', better=figures.LESS,
        ours=Loaded('ours', ours, load),
        peers=[Loaded(peer, [program, str(buffer_bytes), kind], load)
               for peer, program in peers.items()],
        bars=dict.fromkeys(peers, 1.0), overhead_s=0.3)


def _UdpLoad(port, pid, seconds):
    return [Built('load/udp_load'), str(port), str(pid), '64', '64', '%.2f' % seconds]


def _AtHalfLoad(name, server):
    """Microseconds within which 99 of 100 messages are back at half of what the server can do."""
    full = _Load(64, 64, 1)

    def Measure(command, seconds):
        with process.Server(command) as (pid, port):
            output, _ = process.Run(full(port, pid, 0.3), cores.Client(), timeout_s=20)
            words = outcome.Words(output.strip().splitlines()[-1] if output.strip() else '')
            if 'rate' not in words:
                raise outcome.NotVerified('the server told no rate')
            load = [Built('load/rate_load'), 'p99', str(port), str(pid), '64', '64',
                    '%.0f' % (float(words['rate']) / 2), '%.2f' % seconds]
            output, status = process.Run(load, cores.Client(), timeout_s=seconds + 20)
        return outcome.ReadOutcome(output, status)

    return Contender(name, lambda: [Built(server[0]), *server[1:]], Measure)


def _SlowLoad(port, pid, seconds):
    """One message a second on each of 1000 connections; never for less than 3 seconds."""
    return [Built('load/rate_load'), 'cpu', str(port), str(pid), '1000', '64', '1000',
            '%.2f' % max(3.0, seconds)]


def _NetworkRate(server, load):
    """Network operations a second: each message is one receive and one send of the server."""

    def Measure(command, seconds):
        with process.Server(command) as (pid, port):
            output, status = process.Run(load(port, pid, seconds), cores.Client(),
                                         timeout_s=seconds + 20)
        done = outcome.ReadOutcome(output, status)
        rate = float(outcome.Words(output.strip().splitlines()[-1])['rate'])
        return outcome.Measurement(2 * rate, done.work)

    return Contender('ours', lambda: [Built(server[0]), *server[1:]], Measure)


CASES = [
    EchoCase(64, 64, 1),
    EchoCase(64, 64, 16),
    EchoCase(1000, 64, 1, limit=('bare-liburing', 'asio-epoll', 1.3)),
    EchoCase(64, 4096, 1),
    EchoCase(1000, 4096, 1),
    EpollCase(64, 64, 1),
    EpollCase(64, 64, 16),
    EpollCase(1000, 64, 1),
    EpollCase(64, 4096, 1),
    EpollCase(1000, 4096, 1),
    OtherCase('echo_b65536', '64 connections echo messages of 64 KiB', OURS,
              _Load(64, 65536, 1), 65536, 'tcp'),
    OtherCase('unix_echo', '64 Unix connections echo 64-byte messages',
              ['ours/echo_cases', 'unix'], _Load(64, 64, 1, 'unix'), 4096, 'unix'),
    OtherCase('udp_echo', '64 sockets echo datagrams of 64 bytes', ['ours/echo_cases', 'udp'],
              _UdpLoad, 4096, 'udp'),
    Case(name='echo_p99_half_load',
         work='64 connections, messages at half the rate that the server can do: p99 of the delay',
         unit='us', better=figures.LESS, ours=_AtHalfLoad('ours', OURS),
         peers=[_AtHalfLoad(name, ECHO_SERVERS[name]) for name in ('asio-epoll', 'tokio-1.24')],
         bars={'asio-epoll': 1.0, 'tokio-1.24': 1.0}, overhead_s=0.8),
    Case(name='cpu_1000conn', work='1000 connections, one message a second on each: CPU of a core',
         unit='percent', better=figures.LESS, ours=Loaded('ours', OURS, _SlowLoad), peers=[],
         overhead_s=3.0),
    Case(name='floor_net', work='receives and sends a second of an echo server on one core',
         unit='ops', better=figures.MORE, ours=_NetworkRate(OURS, _Load(64, 64, 16)), peers=[],
         overhead_s=0.3),
]
