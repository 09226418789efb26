"""Scheduler cases: two workers on two cores, time per task, yield or round trip."""

from tools.compare.harness import cores, figures, process
from tools.compare.harness.case import Case, Contender
from tools.compare.harness.outcome import ReadOutcome
from tools.compare.harness.programs import Built

WORKERS = 2
REPETITIONS = 3
OURS = 'ours/sched_cases'
FORK_OURS = 'ours/fork_cases'
FORK_TBB = 'peers/tbb_fork'
PEERS = {'tokio-1.24': 'peers/tokio_sched', 'tbb': 'peers/tbb_sched'}


def _Contender(name, path, case, count, expected_work):
    """A program that times the case by itself (see load/repeat.h)."""

    def Measure(program, _seconds):
        command = [program, case, str(count), str(WORKERS), str(REPETITIONS)]
        output, status = process.Run(command, cores.Workers(WORKERS), timeout_s=30)
        return ReadOutcome(output, status, expected_work)

    return Contender(name, lambda: Built(path), Measure)


def SchedCase(name, work, count, expected_work, bars):
    """`bars` names the peers. `expected_work` is the sum that the tasks of one run compute."""
    return Case(
        name=name, work=work, unit='ns', better=figures.LESS,
        ours=_Contender('ours', OURS, name, count, expected_work),
        peers=[_Contender(peer, PEERS[peer], name, count, expected_work) for peer in bars],
        bars=bars)


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
    ForkCase('fork_fib39', 'fib(39), each call but the leaves forks two', 39, 63245986, 5),
    ForkCase('fork_skynet8', '10^8 leaves, ten children each', 10**8, 10**8 * (10**8 - 1) // 2,
             2.5),
    ForkCase('fork_nqueens14', '14 queens, a child for each safe square', 14, 365596, 1.5),
    ForkCase('fork_matmul2048', '2048 x 2048 doubles, leaves of 64 x 64', 2048, MATMUL_2048,
             1.05),
]
