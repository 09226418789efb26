#!/usr/bin/env python3
"""Fails when a component brings along what weights.txt says it does not.

usage: weights.py

The layering table judges single edges; this judges all that a target reaches.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
from tools.check import graph  # pylint: disable=wrong-import-position
from tools.check import layering  # pylint: disable=wrong-import-position

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'weights.txt')


def ReadTable(text):
    """Returns [(target, [unwanted], [excepted])]."""
    table = []
    for line in text.splitlines():
        words = line.partition('#')[0].split()
        if words:
            table.append((words[0].rstrip(':'), [w for w in words[1:] if not w.startswith('-')],
                          [w[1:] for w in words[1:] if w.startswith('-')]))
    return table


def _Fits(label, pattern):
    return label.startswith('@') if pattern == '@' else layering.Fits(label, pattern)


def Check(rules, table):
    """Returns one line for each unwanted dependency, with the chain that brings it."""
    faults = []
    for target, unwanted, excepted in table:
        if target not in rules:
            faults.append('%s: weights.txt names it, but there is no such target' % target)
            continue
        for label in sorted(graph.Reachable(rules, target)):
            if any(_Fits(label, p) for p in unwanted) and not any(
                    _Fits(label, p) for p in excepted):
                chain = ' -> '.join(graph.PathTo(rules, target, label))
                faults.append('%s must not bring %s: %s' % (target, label, chain))
    return faults


def Main():
    with open(TABLE, encoding='utf-8') as f:
        table = ReadTable(f.read())
    faults = Check(graph.Load(), table)
    for fault in faults:
        print(fault)
    print('weights: %d components judged, %d faults' % (len(table), len(faults)))
    return 1 if faults or not table else 0


if __name__ == '__main__':
    sys.exit(Main())
