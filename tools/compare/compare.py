#!/usr/bin/env python3
"""Compares Zokio with its peers, side by side, in one run, on this machine.

    bazel run --config=opt //tools/compare -- CASE... [--json] [--quick] [--html FILE]
    bazel run --config=opt //tools/compare -- --list

One line per peer; `ratio` is how many times better ours is. Exits with 0 when the work of all runs
was verified. See README.md.
"""

import argparse
import json
import os
import sys

from tools.compare.cases import table
from tools.compare.harness import machine, pairing, plots, programs, report

PAIRS = 5
PAIRS_QUICK = 3


def Arguments(argv):
    """Parses the command line."""
    parser = argparse.ArgumentParser(prog='compare', description='Compares Zokio with its peers.')
    parser.add_argument('cases', metavar='CASE', nargs='*', help="a name or a pattern: 'echo_*'")
    parser.add_argument('--list', action='store_true', help='list the cases')
    parser.add_argument('--json', action='store_true', help='print JSON in place of lines')
    parser.add_argument('--quick', action='store_true', help='3 pairs and shorter runs')
    parser.add_argument('--pairs', type=int, help='pairs of runs per peer, at least 3')
    parser.add_argument('--html', metavar='FILE', help='write a page with plots')
    arguments = parser.parse_args(argv)
    if not arguments.cases and not arguments.list:
        parser.error('name a case, or --list')
    if arguments.pairs is not None and arguments.pairs < PAIRS_QUICK:
        parser.error('fewer than 3 pairs show nothing')
    return arguments


def ListCases():
    """Prints the table of cases."""
    for case in table.CASES:
        peers = ', '.join(peer.name for peer in case.peers) or 'none'
        print('%-20s %s (%s, %s is better; peers: %s)' % (
            case.name, case.work, case.unit, case.better, peers))


def Compare(cases, arguments):
    """Runs the cases; prints each as it ends; returns the results."""
    pairs = arguments.pairs or (PAIRS_QUICK if arguments.quick else PAIRS)
    results = []
    for case in cases:
        result = pairing.RunCase(case, pairs, arguments.quick)
        results.append(result)
        if not arguments.json:
            print('\n'.join(report.Lines(result)), flush=True)
        for peer in result.peers:
            if peer.missing:
                print('# %s is missing: install it with tools/compare/install_peers, then `bazel '
                      'shutdown`' % peer.missing, file=sys.stderr)
    return results


def Main(argv):
    """Returns the exit status."""
    arguments = Arguments(argv)
    if arguments.list:
        ListCases()
        return 0
    try:
        cases = table.Select(arguments.cases)
    except table.NoSuchCase as name:
        print('compare: no case is named %s; see --list' % name, file=sys.stderr)
        return 2
    if not programs.IsOptimised():
        print('compare: an unoptimised build shows nothing; use bazel run --config=opt',
              file=sys.stderr)
        return 2
    facts = machine.Describe()
    results = Compare(cases, arguments)
    document = {'machine': facts, 'cases': [report.CaseJson(result) for result in results]}
    if arguments.json:
        json.dump(document, sys.stdout, indent=1)
        print()
    if arguments.html:
        # The user is elsewhere: this program runs in its runfiles.
        path = os.path.join(os.environ.get('BUILD_WORKING_DIRECTORY', ''), arguments.html)
        with open(path, 'w', encoding='utf-8') as page:
            page.write(plots.Page(document))
    return 0 if all(result.Verified() for result in results) else 1


if __name__ == '__main__':
    sys.exit(Main(sys.argv[1:]))
