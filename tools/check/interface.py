#!/usr/bin/env python3
"""The public interface: docs/interface/ROOM.txt holds every declaration that a user may rely on.

usage: interface.py            fails when a file differs from the headers, or when the commit that
                               last changed one did not touch CHANGELOG.md
       interface.py --update   writes the files; then add a line to CHANGELOG.md and commit both

Public is a header of a library that is visible to all and no test's.
"""

import collections
import os
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, ROOT)
from tools.check import cpp_interface  # pylint: disable=wrong-import-position
from tools.check import graph  # pylint: disable=wrong-import-position
from tools.check import tidy_rules  # pylint: disable=wrong-import-position

FOLDER = 'docs/interface'


def Render(rules, public, read):
    """{file: text} of the interface of every room, of the libraries labelled in `public`."""
    headers = collections.defaultdict(set)
    for rule in rules.values():
        if rule.kind == 'cc_library' and rule.name in public and not rule.testonly:
            for label in rule.hdrs:
                path = graph.PathOf(label)
                room = path.partition('/')[0]
                if path.endswith('.h') and '/internal/' not in path and '/model/' not in path:
                    headers[room].add(path)
    texts = {}
    for room in tidy_rules.ROOMS:
        lines = []
        for path in sorted(headers[room]):
            lines += ['', '## ' + path] + cpp_interface.Declarations(read(path))
        if lines:
            texts['%s/%s.txt' % (FOLDER, room)] = (
                '# Written by tools/check/interface.py --update; changes go into CHANGELOG.md.\n' +
                '\n'.join(lines) + '\n')
    return texts


def Differences(wanted, read):
    """Messages for files that are not what the headers say."""
    for path, text in sorted(wanted.items()):
        have = read(path).splitlines()
        if not have:
            yield '%s does not exist' % path
            continue
        want = text.splitlines()
        for line in [l for l in want if l not in set(have)][:10]:
            yield '%s lacks: %s' % (path, line)
        for line in [l for l in have if l not in set(want)][:10]:
            yield '%s has what is gone: %s' % (path, line)
        if have != want and set(have) == set(want):
            yield '%s is in another order' % path


def _Git(*arguments, folder='.'):
    return subprocess.run(('git', '-C', folder) + arguments, stdout=subprocess.PIPE,
                          check=True).stdout.decode().split()


def ChangelogFaults(folder='.'):
    """Messages where the interface changed and CHANGELOG.md did not, here or in a commit."""
    changed = _Git('diff', '--name-only', 'HEAD', '--', FOLDER, 'CHANGELOG.md', folder=folder)
    if any(path.startswith(FOLDER) for path in changed):
        if 'CHANGELOG.md' not in changed:
            yield 'the working tree changes %s without a line in CHANGELOG.md' % FOLDER
        return
    for commit in _Git('log', '-1', '--format=%H', '--', FOLDER, folder=folder):
        files = _Git('show', '--first-parent', '--name-only', '--format=', commit, folder=folder)
        if 'CHANGELOG.md' not in files:
            yield 'commit %.12s changes %s without a line in CHANGELOG.md' % (commit, FOLDER)


def _Read(path):
    if not os.path.exists(path):
        return ''
    with open(path, encoding='utf-8') as f:
        return f.read()


def Main(argv):
    os.chdir(ROOT)
    wanted = Render(graph.Load(), graph.Public(), _Read)
    if '--update' in argv:
        os.makedirs(FOLDER, exist_ok=True)
        for path, text in wanted.items():
            with open(path, 'w', encoding='utf-8') as f:
                f.write(text)
    faults = list(Differences(wanted, _Read)) + list(ChangelogFaults())
    for fault in faults:
        print(fault)
    if faults:
        print('tools/check/interface.py --update writes them; say in CHANGELOG.md what changed')
    print('interface: %d declarations, %d faults' %
          (sum(text.count('\n') for text in wanted.values()), len(faults)))
    return 1 if faults or not wanted else 0


if __name__ == '__main__':
    sys.exit(Main(sys.argv))
