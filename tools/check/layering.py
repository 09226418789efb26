#!/usr/bin/env python3
"""Fails when a target reaches a room that layers.txt forbids.

usage: layering.py

Two things are judged for every target that is no test: the labels it depends on, and the system
headers its files include (those lie in /usr/include, where a missing dependency goes unnoticed).
"""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
from tools.check import graph  # pylint: disable=wrong-import-position

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'layers.txt')

# Includes that belong to a system library.
_SYSTEM_INCLUDES = [
    (re.compile(r'absl/'), '@com_google_absl'),
    (re.compile(r'liburing(/|\.h)'), '@liburing'),
    (re.compile(r'hwloc(/|\.h)'), '@hwloc'),
    (re.compile(r'numa(if)?\.h'), '@libnuma'),
    (re.compile(r'hwy/'), '@highway'),
    (re.compile(r'ares\w*\.h'), '@c_ares'),
    (re.compile(r'openssl/'), '@openssl'),
    (re.compile(r'prometheus/'), '@com_github_jupp0r_prometheus_cpp'),
    (re.compile(r'gperftools/'), '@com_google_tcmalloc'),
    (re.compile(r'boost/'), '@boost'),
    (re.compile(r'(uv\.h|tbb/)'), 'a peer'),
]
_INCLUDE = re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]', re.MULTILINE)


def ReadTable(text):
    """Returns {subject: [allowed]}."""
    table = {}
    for line in text.splitlines():
        line = line.partition('#')[0].strip()
        if line:
            subject, allowed = re.fullmatch(r'(\S+):\s+(.*)', line).groups()
            table[subject] = allowed.split()
    return table


def Fits(label, pattern):
    """Whether //a/b:c lies in the room, folder or target `pattern`: a, a/b or a/b:c."""
    if pattern == '*':
        return True
    if pattern.startswith('@'):
        return label.startswith(pattern + '//')
    package, _, name = label[2:].partition(':') if label.startswith('//') else ('@', '', '')
    if ':' in pattern:
        return '%s:%s' % (package, name) == pattern
    return package == pattern or package.startswith(pattern + '/')


def RuleFor(label, table):
    """Returns the longest subject that fits `label`; None when its room is not in the table."""
    fitting = [subject for subject in table if Fits(label, subject)]
    return max(fitting, key=lambda s: (':' in s, len(s)), default=None)


def Room(label):
    return label[2:].partition(':')[0].partition('/')[0]


def Allowed(label, dep, table):
    """Whether the target `label` may depend on `dep`."""
    subject = RuleFor(label, table)
    if subject is None:
        return False
    if dep.startswith('//') and Room(dep) == Room(label):
        # A folder with a line of its own is a room inside its room: only its own line opens it.
        inner = RuleFor(dep, table)
        if inner is None or inner == subject or ':' in inner or '/' not in inner:
            return True
    return any(Fits(dep, pattern) for pattern in table[subject])


def Check(rules, table, read_file):
    """Returns one line for each violation."""
    faults = []
    for rule in sorted(rules.values()):
        if rule.testonly:
            continue
        if RuleFor(rule.name, table) is None:
            faults.append('%s: its room is not in layers.txt' % rule.name)
            continue
        for dep in rule.deps:
            if not Allowed(rule.name, dep, table):
                faults.append('%s depends on %s, which layers.txt does not allow' %
                              (rule.name, dep))
        for file in sorted(set(rule.hdrs + rule.srcs)):
            if file.startswith('//'):
                faults.extend(_IncludeFaults(rule, graph.PathOf(file), table, read_file))
    return faults


def _IncludeFaults(rule, path, table, read_file):
    for include in _INCLUDE.findall(read_file(path)):
        for pattern, repository in _SYSTEM_INCLUDES:
            if pattern.match(include) and not Allowed(rule.name, repository + '//', table):
                yield '%s includes <%s> of %s, which layers.txt does not allow' % (
                    path, include, repository)


def _ReadFile(path):
    if not os.path.exists(path):
        return ''  # generated
    with open(path, encoding='utf-8') as f:
        return f.read()


def Main():
    with open(TABLE, encoding='utf-8') as f:
        table = ReadTable(f.read())
    rules = graph.Load()
    faults = Check(rules, table, _ReadFile)
    for fault in faults:
        print(fault)
    print('layering: %d targets judged, %d faults' % (len(rules), len(faults)))
    return 1 if faults or not rules else 0


if __name__ == '__main__':
    sys.exit(Main())
