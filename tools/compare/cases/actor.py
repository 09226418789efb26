"""Actor cases: two workers on two cores. Messages are counted where they are handled, in both
directions, and their sums are verified; rings stand beside a bare ring of the same shape.
"""

from tools.compare.harness import cores, figures, process
from tools.compare.harness.case import Case, Contender
from tools.compare.harness.outcome import ReadOutcome
from tools.compare.harness.programs import Built

WORKERS = 2
REPETITIONS = 3
OURS = 'ours/actor_cases'
PEERS = {'caf-0.17': 'peers/actor_caf', 'erlang-25': 'peers/actor_erlang'}
MILLION = 1000000


def _Contender(name, path, case, count, expected_work):

    def Measure(program, _seconds):
        command = [program, case, str(count), str(WORKERS), str(REPETITIONS)]
        output, status = process.Run(command, cores.Workers(WORKERS), timeout_s=50)
        return ReadOutcome(output, status, expected_work)

    return Contender(name, lambda: Built(path), Measure)


def ActorCase(name, work, count, expected_work, bars, unit='ns'):
    return Case(
        name=name, work=work, unit=unit, better=figures.LESS,
        ours=_Contender('ours', OURS, name, count, expected_work),
        peers=[_Contender(peer, PEERS[peer], name, count, expected_work) for peer in bars],
        bars=bars)


def _Upto(count):
    """0 + 1 + ... + (count - 1)."""
    return count * (count - 1) // 2


def _Both(bar):
    return {peer: bar for peer in PEERS}


def _Pairs(shape, work, pairs):
    count = 2 * MILLION
    return ActorCase('actor_%s_%d' % (shape, pairs),
                     '%s, %d pairs, ns per message handled' % (work, pairs), count,
                     pairs * _Upto(count // pairs // 2), _Both(3))


def RingCase(kind, batch):
    name = 'ring_%s_%d' % (kind, batch)
    count = 4 * MILLION
    return Case(
        name=name, work='64-byte elements between two threads, %d at a time' % batch, unit='ns',
        better=figures.LESS,
        ours=_Contender('ours', 'ours/ring_cases', name, count, _Upto(count)),
        peers=[_Contender('bare ring', 'bare/ring_bare', name, count, _Upto(count))],
        bars={'bare ring': 0.87})


CASES = (
    [_Pairs('window', 'a window of 100 messages', n) for n in (1, 2, 4, 8)] +
    [_Pairs('lockstep', 'batches of 100 in lockstep', n) for n in (1, 2, 4, 8)] +
    [
        ActorCase('actor_pingpong', 'one message between a pair, ns per message', MILLION,
                  _Upto(MILLION // 2), _Both(5)),
        ActorCase('actor_count', 'one actor floods another, ns per message', MILLION,
                  _Upto(MILLION), _Both(2)),
        ActorCase('actor_fanin', 'eight actors flood another, ns per message', MILLION,
                  8 * _Upto(MILLION // 8), _Both(2)),
        ActorCase('actor_fanout', 'one actor sends to 1000 in turn, ns per message', MILLION,
                  1000 * _Upto(MILLION // 1000), _Both(2)),
        ActorCase('actor_big', '100 actors ask each other at random, ns per message', MILLION,
                  MILLION // 2, _Both(2)),
        ActorCase('actor_chameneos', '100 actors meet in pairs at one, ns per meeting',
                  MILLION // 4, MILLION // 2, _Both(2)),
        ActorCase('actor_ring', 'a token round 500 actors, ns per hop', MILLION, MILLION, _Both(2)),
        ActorCase('actor_skynet', 'a tree of ten children each with 1 M leaves, ns per leaf',
                  MILLION, _Upto(MILLION), _Both(3)),
        ActorCase('actor_spawn_die', 'spawn, one message, answer, end, ns per actor', MILLION // 4,
                  _Upto(MILLION // 4), {'caf-0.17': 3, 'erlang-25': 3}),
        ActorCase('actor_ask', 'question and answer on one worker, p50', 100000,
                  _Upto(100000) + 100000, _Both(1)),
        ActorCase('actor_ask_p99', 'question and answer on one worker, p99', 100000,
                  _Upto(100000) + 100000, _Both(1)),
        ActorCase('actor_ask_external', 'back-to-back questions from a thread', 20000,
                  _Upto(20000) + 20000, {'caf-0.17': 3}),
        ActorCase('actor_idle_bytes', 'memory of 1 M idle actors', MILLION, MILLION, _Both(1),
                  unit='bytes'),
    ] +
    [RingCase('spsc', batch) for batch in (1, 16, 256)] +
    [RingCase('mpsc', batch) for batch in (1, 16)])
