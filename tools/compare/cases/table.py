"""All cases, in the order in which they are listed."""

import fnmatch

from tools.compare.cases import echo, floor, http, idle, sched, simd

CASES = sched.CASES + echo.CASES + http.CASES + idle.CASES + floor.CASES + simd.CASES
from tools.compare.cases import echo, floor, http, idle, mem, sched

CASES = (sched.CASES + mem.CASES + echo.CASES + http.CASES + idle.CASES +
         floor.CASES)
from tools.compare.cases import actor, echo, floor, http, idle, sched

CASES = sched.CASES + actor.CASES + echo.CASES + http.CASES + idle.CASES + floor.CASES
from tools.compare.cases import echo, floor, future, http, idle, sched

CASES = future.CASES + sched.CASES + echo.CASES + http.CASES + idle.CASES + floor.CASES


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
