#!/usr/bin/env python3
"""The tidy check: what a reader of this tree may rely on.

usage: tidy.py [--no-build] [FILE...]

Files: 100 columns, lengths of files and functions, header guards, self-contained headers, names
that are forbidden outside the seams. Tree: README, tests and benchmark of every package, no dead
file, no header with two owners, no README that names what is not there. With FILEs only those are
judged, by the rules for single files. --no-build leaves out what asks Bazel or the compiler.

tidy_exceptions.txt holds what may stay, each line with a reason. It only ever shrinks: an exception
which is no longer needed, or is larger than needed, is a fault too.
"""

import concurrent.futures
import os
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, ROOT)
from tools.check import graph  # pylint: disable=wrong-import-position
from tools.check import tidy_rules  # pylint: disable=wrong-import-position
from tools.check import tidy_tree  # pylint: disable=wrong-import-position

EXCEPTIONS = 'tools/check/tidy_exceptions.txt'


def ReadExceptions(text):
    """Returns {(rule, subject): (limit or None, reason)}; a line without a reason is an error."""
    exceptions = {}
    for line in text.splitlines():
        line = line.partition('#')[0].strip()
        if not line:
            continue
        rule, subject, rest = (line.split(None, 2) + [''])[:3]
        first, _, after = rest.partition(' ')
        limit, reason = (int(first), after) if first.isdigit() else (None, rest)
        if not reason.strip():
            raise ValueError('%s: no reason given: %s' % (EXCEPTIONS, line))
        exceptions[(rule, subject)] = (limit, reason)
    return exceptions


def Judge(faults, exceptions, whole_tree):
    """Returns the messages of the faults that no exception covers."""
    messages = []
    largest = {}
    for fault in faults:
        key = (fault.rule, fault.subject)
        largest[key] = max(largest.get(key) or 0, fault.value or 0)
        if key not in exceptions:
            messages.append('%s [%s]' % (fault.message, fault.rule))
        elif exceptions[key][0] is not None and (fault.value or 0) > exceptions[key][0]:
            messages.append('%s [%s; the exception allows %d]' %
                            (fault.message, fault.rule, exceptions[key][0]))
    for key, (limit, _) in sorted(exceptions.items()) if whole_tree else ():
        if key not in largest:
            messages.append('%s: %s %s is no longer needed: take it out' % ((EXCEPTIONS,) + key))
        elif limit is not None and limit > largest[key]:
            messages.append('%s: %s %s can go down to %d' % ((EXCEPTIONS,) + key +
                                                            (largest[key],)))
    return messages


def CompileAlone(header):
    """A fault when the header needs an include before it."""
    command = ['clang++-19', '-std=c++20', '-fsyntax-only', '-w', '-I.', '-x', 'c++', header]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        first = [l for l in done.stdout.decode().splitlines() if 'error:' in l][:1]
        return tidy_rules.Fault('self-contained', header, None,
                                '%s: does not compile alone: %s' % (header, ' '.join(first)))
    return None


def _Read(path):
    with open(path, encoding='utf-8', errors='replace') as f:
        return f.read()


def _TreeFaults(files, build):
    yield from tidy_tree.Packages(files, _Read)
    if not build:
        return
    rules = graph.Load()
    yield from tidy_tree.DeadFiles(files, rules)
    yield from tidy_tree.Readmes(files, _Read, rules)
    headers = tidy_tree.HeadersToCompile(files, _Read)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from filter(None, pool.map(CompileAlone, headers))


def Main(argv):
    os.chdir(ROOT)
    build = '--no-build' not in argv
    chosen = [a for a in argv[1:] if not a.startswith('-')]
    files = chosen or subprocess.run(['git', 'ls-files'], stdout=subprocess.PIPE,
                                     check=True).stdout.decode().splitlines()
    files = [f for f in files if os.path.isfile(f)]
    faults = [fault for file in files for fault in tidy_rules.CheckFile(file, _Read(file))]
    if not chosen:
        faults += _TreeFaults(files, build)
    messages = Judge(faults, ReadExceptions(_Read(EXCEPTIONS)), build and not chosen)
    for message in messages:
        print(message)
    print('tidy: %d files judged, %d faults' % (len(files), len(messages)))
    return 1 if messages or not files else 0


if __name__ == '__main__':
    sys.exit(Main(sys.argv))
