"""Which cores programs are pinned to, as `taskset` would.

The server and what loads it have a core each; schedulers have two, their workers' number.
"""

import os


def _Allowed():
    return sorted(os.sched_getaffinity(0))


def Server():
    """The core of the server: the last, as interrupts tend to go to the first."""
    return {_Allowed()[-1]}


def Client():
    """The core of the load generator."""
    return {_Allowed()[0]}


def Workers(count):
    """The cores of a scheduler with so many workers."""
    return set(_Allowed()[-count:])


def Pin(cores):
    """Returns a function for Popen's preexec_fn."""
    return lambda: os.sched_setaffinity(0, cores)
