#!/usr/bin/env python3
"""Prints every test case that was skipped, with its reason, and refuses the unexpected.

usage: skips.py TESTLOGS_DIR LEG

Reads what GoogleTest (test.xml) and unittest (test.log) left under Bazel's testlogs. A skip
is allowed when a line of expected_skips.txt (target, case, reason: three regular expressions, the
reason to the end of the line) matches it; a test that skips without a reason is never allowed.
"""

import os
import re
import sys
import xml.etree.ElementTree as ElementTree

EXPECTED = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'expected_skips.txt')


def ReadExpected(text):
    """Returns (target, case, reason) patterns, one for each line that is no comment."""
    patterns = []
    for line in text.splitlines():
        line = line.strip()
        if not line or line.startswith('#'):
            continue
        target, case, reason = line.split(None, 2)
        patterns.append((re.compile(target), re.compile(case), re.compile(reason)))
    return patterns


def SkipsOf(xml_text):
    """Yields (case, reason) of one test.xml."""
    for case in ElementTree.fromstring(xml_text).iter('testcase'):
        skipped = case.find('skipped')
        if skipped is None and case.get('result') != 'skipped':
            continue
        message = '' if skipped is None else skipped.get('message') or skipped.text or ''
        # GoogleTest puts "file:line" and the word "Skipped" before what the test said.
        lines = [line.strip() for line in message.splitlines()]
        said = [l for l in lines if l and l != 'Skipped' and not re.fullmatch(r'\S+:\d+', l)]
        yield '%s.%s' % (case.get('classname'), case.get('name')), ' '.join(said)


def SkipsOfLog(log_text):
    """Yields (case, reason) of a log of Python's unittest."""
    pattern = r"^\w+ \(([\w.]+)\)(?:\n[^\n]*)? \.\.\. skipped ['\"](.*)['\"]$"
    for case, reason in re.findall(pattern, log_text, re.MULTILINE):
        yield case.replace('__main__.', ''), reason


def Judge(skips, patterns):
    """Returns the lines to print for (target, case, reason) skips, and how many are refused."""
    lines = []
    refused = 0
    for target, case, reason in sorted(skips):
        allowed = reason and any(
            t.fullmatch(target) and c.fullmatch(case) and r.search(reason)
            for t, c, r in patterns)
        refused += not allowed
        lines.append('%s %s %s: %s' % ('skipped' if allowed else 'UNEXPECTED SKIP', target, case,
                                       reason or 'no reason given'))
    return lines, refused


def _Read(folder, name):
    with open(os.path.join(folder, name), encoding='utf-8', errors='replace') as f:
        return f.read()


def Main(argv):
    if len(argv) != 3:
        sys.exit(__doc__.split('\n\n')[1])
    root = argv[1]
    skips = []
    results = 0
    for folder, _, files in os.walk(root):
        if 'test.xml' in files:
            results += 1
            package, name = os.path.split(os.path.relpath(folder, root))
            try:
                found = list(SkipsOf(_Read(folder, 'test.xml')))
            except ElementTree.ParseError:
                continue  # cut off by a crash; Bazel reports that test as failed
            if 'test.log' in files:
                found += SkipsOfLog(_Read(folder, 'test.log'))
            skips += [('//%s:%s' % (package, name), case, reason) for case, reason in found]
    with open(EXPECTED, encoding='utf-8') as f:
        lines, refused = Judge(skips, ReadExpected(f.read()))
    print('\n'.join(lines) if lines else 'no test case was skipped')
    if not results:
        print('no test has left a result under ' + root)
    passed = results and not refused
    print('//tools/check:skips_%s %s in 0.0s' % (argv[2], 'PASSED' if passed else 'FAILED'))
    return 0 if passed else 1


if __name__ == '__main__':
    sys.exit(Main(sys.argv))
