"""Scheduler cases: two workers on two cores, time per task, yield or round trip."""

from tools.compare.harness import cores, figures, process
from tools.compare.harness.case import Case, Contender
from tools.compare.harness.outcome import ReadOutcome
from tools.compare.harness.programs import Built

WORKERS = 2
REPETITIONS = 3
OURS = 'ours/sched_cases'
TOKIO_OURS = 'ours/tokio_cases'
TIMER_OURS = 'ours/timer_cases'
LATENCY_OURS = 'ours/latency_cases'
FORK_OURS = 'ours/fork_cases'
FORK_TBB = 'peers/tbb_fork'
PEERS = {'tokio-1.24': 'peers/tokio_sched', 'tbb': 'peers/tbb_sched',
         'boost-fiber': 'peers/fiber_boost', 'bare-futex': 'bare/futex_wake'}
TIMER_PEERS = {'tokio-1.24': 'peers/tokio_timers', 'asio': 'peers/timers_asio',
               'libuv': 'peers/timers_libuv'}


def _Contender(name, path, case, count, expected_work, repetitions=REPETITIONS):
    """A program that times the case by itself (see load/repeat.h)."""

    def Measure(program, _seconds):
        command = [program, case, str(count), str(WORKERS), str(repetitions)]
        output, status = process.Run(command, cores.Workers(WORKERS), timeout_s=30)
        return ReadOutcome(output, status, expected_work)

    return Contender(name, lambda: Built(path), Measure)


def SchedCase(name, work, count, expected_work, bars, ours=OURS, unit='ns', better=figures.LESS,
              repetitions=REPETITIONS, peers=None):
    """`bars` names the peers, unless `peers` does.

    `expected_work` is the sum that the tasks of one run compute.
    """

    def Program(contender, path):
        return _Contender(contender, path, name, count, expected_work, repetitions)

    return Case(
        name=name, work=work, unit=unit, better=better, ours=Program('ours', ours),
        peers=[Program(peer, path) for peer, path in (peers or PEERS).items()
               if peers or peer in bars],
        bars=bars)


def TokioCase(name, work):
    """One of the programs of Tokio's own benchmark."""
    return SchedCase(name, work, MILLION, MILLION, {'tokio-1.24': 2}, ours=TOKIO_OURS)


def TimerCase(name, work):
    return SchedCase(name, work, MILLION, MILLION, {'best': 3}, ours=TIMER_OURS, repetitions=1,
                     peers=TIMER_PEERS)


def ForkCase(name, work, size, expected_work, bar):
    """Coroutines that fork coroutines; one timed run a process, after a small one to warm up."""

    def Fork(contender, path):
        def Measure(program, _seconds):
            command = [program, name, str(size), str(WORKERS)]
            output, status = process.Run(command, cores.Workers(WORKERS), timeout_s=50)
            return ReadOutcome(output, status, expected_work)

        return Contender(contender, lambda: Built(path), Measure)

    return Case(
        name=name, work=work, unit='ms', better=figures.LESS, ours=Fork('ours', FORK_OURS),
        peers=[Fork('tbb', FORK_TBB)], bars={'tbb': bar})


MILLION = 1000000
TRIPS = 100000
# The sum of all entries of the product of the matrices in load/fork_work.h: over k, the sum of
# column k of one times the sum of row k of the other.
MATMUL_2048 = 17179860985

CASES = [
    SchedCase('spawn_inside', '1 M tasks spawned by a task, joined; each returns its number',
              MILLION, MILLION * (MILLION - 1) // 2, {'tokio-1.24': 3.5, 'tbb': 3.5}),
    SchedCase('spawn_outside', '1 M tasks spawned by a thread that is no worker, joined',
              MILLION, MILLION * (MILLION - 1) // 2, {'tokio-1.24': 2, 'tbb': 2}),
    SchedCase('yield', '200 tasks yield 5000 times each', MILLION, MILLION, {'tokio-1.24': 5}),
    SchedCase('ping_pong', 'two tasks, 100 k round trips over one-shot channels',
              TRIPS, TRIPS * (TRIPS + 1) // 2, {'tokio-1.24': 2}),
    TokioCase('tokio_spawn_many_local', 'a task spawns 10 000, the last to end wakes a thread'),
    TokioCase('tokio_spawn_many_remote', 'the same from a thread that is no worker'),
    TokioCase('tokio_chained_spawn', 'each of 1000 tasks spawns the next'),
    TokioCase('tokio_yield_many', '200 tasks yield 5000 times each'),
    TokioCase('tokio_ping_pong', '1000 pairs of tasks at once, a one-shot each way'),
    SchedCase('remote_busy', '99th percentile of the delay of tasks from outside while two chains '
              'of spawns keep each worker busy', 10000, 10000, {}, ours=TOKIO_OURS, unit='us'),
    TimerCase('timers_insert', '1 M timers are set'),
    TimerCase('timers_cancel', '1 M timers are taken out before they fire'),
    TimerCase('timers_fire', '1 M timers fire that were set within 10 ms'),
    SchedCase('park_wake', 'a thread wakes a parked worker, whose task wakes the thread',
              20000, 20000, {'bare-futex': 0.77}, ours=LATENCY_OURS),
    SchedCase('immediate_p99', '99th percentile of the delay of immediate tasks while background '
              'tasks keep all workers busy', 2000, 2000, {'bare-futex': 0.77}, ours=LATENCY_OURS,
              unit='us'),
    SchedCase('scale_cores', 'forks and spawns: how many times faster two workers are than one',
              200000, 200000, {}, ours=LATENCY_OURS, unit='x', better=figures.MORE),
    SchedCase('fiber_switch', 'two fibers of one worker yield to each other', MILLION, MILLION,
              {'boost-fiber': 3}, ours=TOKIO_OURS),
    SchedCase('task_bytes', 'resident memory of one more task that waits', MILLION, MILLION,
              {'tokio-1.24': 1}, ours=TOKIO_OURS, unit='B'),
    ForkCase('fork_fib39', 'fib(39), each call but the leaves forks two', 39, 63245986, 5),
    ForkCase('fork_skynet8', '10^8 leaves, ten children each', 10**8, 10**8 * (10**8 - 1) // 2,
             2.5),
    ForkCase('fork_nqueens14', '14 queens, a child for each safe square', 14, 365596, 1.5),
    ForkCase('fork_matmul2048', '2048 x 2048 doubles, leaves of 64 x 64', 2048, MATMUL_2048,
             1.05),
]
