"""Scheduler cases: two workers on two cores, time per task, yield or round trip."""

from tools.compare.harness import cores, figures, process
from tools.compare.harness.case import Case, Contender
from tools.compare.harness.outcome import ReadOutcome
from tools.compare.harness.programs import Built

WORKERS = 2
REPETITIONS = 3
OURS = 'ours/sched_cases'
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


MILLION = 1000000
TRIPS = 100000

CASES = [
    SchedCase('spawn_inside', '1 M tasks spawned by a task, joined; each returns its number',
              MILLION, MILLION * (MILLION - 1) // 2, {'tokio-1.24': 3.5, 'tbb': 3.5}),
    SchedCase('spawn_outside', '1 M tasks spawned by a thread that is no worker, joined',
              MILLION, MILLION * (MILLION - 1) // 2, {'tokio-1.24': 2, 'tbb': 2}),
    SchedCase('yield', '200 tasks yield 5000 times each', MILLION, MILLION, {'tokio-1.24': 5}),
    SchedCase('ping_pong', 'two tasks, 100 k round trips over one-shot channels',
              TRIPS, TRIPS * (TRIPS + 1) // 2, {'tokio-1.24': 2}),
]
