"""Cases of `future`: tasks, locks, channels and sets, time per operation or message."""

from tools.compare.harness import cores, figures, process
from tools.compare.harness.case import Case, Contender
from tools.compare.harness.outcome import ReadOutcome
from tools.compare.harness.programs import Built

REPETITIONS = 3
OURS = 'ours/future_cases'
PEERS = {
    'asio-awaitable': 'peers/asio_future',
    'tokio-1.24': 'peers/tokio_future',
    'moodycamel': 'peers/moodycamel_mpsc',
    'malloc-frames': 'bare/coroutine_malloc',
}


def _Contender(name, path, case, threads, count, expected_work):
    def Measure(program, _seconds):
        command = [program, case, str(count), str(threads), str(REPETITIONS)]
        output, status = process.Run(command, cores.Workers(threads), timeout_s=60)
        return ReadOutcome(output, status, expected_work)

    return Contender(name, lambda: Built(path), Measure)


# A peer that needs a microsecond for an item gets fewer of them.
SLOW_PEERS = {'asio-awaitable': 25}


def FutureCase(name, work, count, sum_of, bars, threads=1):
    """`bars` names the peers. `sum_of(n)` is what n items of one run add up to."""

    def Peer(peer):
        items = count // SLOW_PEERS.get(peer, 1)
        return _Contender(peer, PEERS[peer], name, threads, items, sum_of(items))

    return Case(
        name=name, work=work, unit='ns', better=figures.LESS,
        ours=_Contender('ours', OURS, name, threads, count, sum_of(count)),
        peers=[Peer(peer) for peer in bars], bars=bars)


MILLION = 1000000
# A multiple of the batch, whole or divided among the slow.
MESSAGES = 3200000
WAKES = 200000


def _Each(count):
    return count


def _Sum(count):
    return count * (count - 1) // 2


CASES = [
    FutureCase('await_ready', 'a task awaits tasks that never suspend', 10 * MILLION, _Each,
               {'asio-awaitable': 1.0}),
    FutureCase('task_life', 'a task is created, run and destroyed', 10 * MILLION, _Each,
               {'malloc-frames': 1.8, 'asio-awaitable': 1.0}),
    FutureCase('mutex', 'an uncontended lock and unlock', 5 * MILLION, _Each,
               {'tokio-1.24': 1.5}),
    FutureCase('mpsc_1thread', 'bounded channel, 64 B messages in batches of 32, one thread',
               MESSAGES, _Sum, {'tokio-1.24': 1.5, 'moodycamel': 1.5, 'asio-awaitable': 1.0}),
    FutureCase('mpsc_2threads', 'bounded channel, 64 B messages in batches of 32, two threads',
               MESSAGES, _Sum, {'tokio-1.24': 1.0, 'moodycamel': 1.0, 'asio-awaitable': 1.0},
               threads=2),
    FutureCase('unordered_wake', 'one of 100 000 futures is woken, answers and is replaced',
               WAKES, _Sum, {'tokio-1.24': 2}),
]
