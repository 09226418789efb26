"""Memory cases: CPU time per pair of allocation and free, resident bytes per live byte.

Each program times itself. Ours replaces operator new by linking the tiered allocator; the peers are
all linked the same way, into one program that has nothing but the system's: by LD_PRELOAD. Cases of
known size have the least that the work can cost beside them, in the same program.
"""

import os

from tools.compare.harness import cores, figures, process
from tools.compare.harness.case import Case, Contender
from tools.compare.harness.outcome import Missing, ReadOutcome
from tools.compare.harness.programs import Built

OURS = '//mem/cases/ours'
SYSTEM = '//mem/cases/system'
POOLS = '//mem/cases/pools'

LIBRARIES = '/usr/lib/%s-linux-gnu' % os.uname().machine
# Name: (library, package that brings it); glibc's malloc needs none.
PEERS = {
    'glibc': None,
    'mimalloc-2.0': ('libmimalloc.so.2', 'libmimalloc2.0'),
    'jemalloc-5.3': ('libjemalloc.so.2', 'libjemalloc2'),
    'tcmalloc-2.10': ('libtcmalloc_minimal.so.4', 'libtcmalloc-minimal4'),
}


def _Command(path, library):
    program = [Built(path)]
    if library is None:
        return program
    file, package = library
    preloaded = os.path.join(LIBRARIES, file)
    if not os.path.exists(preloaded):
        raise Missing(package)
    return ['/usr/bin/env', 'LD_PRELOAD=' + preloaded] + program


def _Contender(name, path, case, threads, library=None):
    def Measure(command, _seconds):
        output, status = process.Run(command + [case], cores.Workers(threads), timeout_s=180)
        return ReadOutcome(output, status)

    return Contender(name, lambda: _Command(path, library), Measure)


def MemCase(name, work, bars, threads=1, unit='ns'):
    """All four peers; `bars` may name one of them, or 'best'."""
    return Case(
        name=name, work=work, unit=unit, better=figures.LESS,
        ours=_Contender('ours', OURS, name, threads),
        peers=[_Contender(peer, SYSTEM, name, threads, library)
               for peer, library in PEERS.items()],
        bars=bars, overhead_s=3.0)


def PoolCase(name, work, peer, peer_case, bar):
    """Beside the least that the same work can cost."""
    return Case(
        name=name, work=work, unit='ns', better=figures.LESS,
        ours=_Contender('ours', POOLS, name, 1),
        peers=[_Contender(peer, POOLS, peer_case, 1)],
        bars={peer: bar})


CASES = [
    PoolCase('mem_known_size', '64 B of known size, inlined, freed at once', 'bare-list',
             'bare_list', 0.83),
    PoolCase('mem_pool_batch', '64 B in batches of 500', 'bare-magazine', 'bare_magazine', 0.77),
    MemCase('mem_64_now', '64 B, freed at once', {'best': 1.0}),
    MemCase('mem_fifo_1000', '1000 of 64 B, first in first out', {'best': 1.0}),
    MemCase('mem_random_1000', '1000 of 64 B, freed at random', {'best': 1.0}),
    MemCase('mem_random_100k', '100 000 of 64 B, freed at random', {'best': 0.9}),
    MemCase('mem_small_mix', '8 to 256 B, 10 000 live, replaced at random', {'best': 0.9}),
    MemCase('mem_full_mix', '8 B to 64 KiB, 10 000 live, replaced at random', {'best': 1.0}),
    MemCase('mem_1k_5k', '1 to 5 KiB in batches of 100', {'best': 1.0, 'glibc': 2.0}),
    MemCase('mem_large', '64 KiB to 4 MiB, 64 live, replaced at random', {'best': 1.0}),
    MemCase('mem_large_2thr', 'the same on two threads', {'best': 1.0}, threads=2),
    MemCase('mem_prodcons', '64 B from one thread to another, 64 at a time', {'best': 1.0},
            threads=2),
    MemCase('mem_larson', '8 to 1000 B on two threads whose successors free', {'best': 1.0},
            threads=2),
    MemCase('mem_rss_peak', 'resident bytes per live byte after growth (bar: 1.15)', {},
            unit='B'),
    MemCase('mem_rss_shrunk',
            'the same, shrunk to a tenth, 2 s of idle hook later (bar: 1.3; pages allow 1.31)', {},
            unit='B'),
    PoolCase('stack_getput', 'a guarded stack of 64 KiB, taken and put back (bar: 3 ns)',
             'mmap+guard', 'mapped_stack', 1000),
    PoolCase('mem_coroutine_life', 'a coroutine made, run, destroyed (bar: 8 ns)', 'glibc',
             'malloc_coroutine', 1.5),
]
