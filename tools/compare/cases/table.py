"""All cases, in the order in which they are listed."""

import fnmatch

from tools.compare.cases import actor, echo, floor, future, http, idle, io, mem, sched, simd

CASES = (future.CASES + sched.CASES + mem.CASES + echo.CASES + http.CASES + idle.CASES + io.CASES +
         actor.CASES + floor.CASES + simd.CASES)


class NoSuchCase(Exception):
    """The message is the name that matched nothing."""


def Select(names):
    """The cases that names or patterns (`echo_*`) stand for, each once, in the order given."""
    selected = []
    for name in names:
        matching = [case for case in CASES if fnmatch.fnmatchcase(case.name, name)]
        if not matching:
            raise NoSuchCase(name)
        selected += [case for case in matching if case not in selected]
    return selected
