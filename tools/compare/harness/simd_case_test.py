#!/usr/bin/env python3
"""Tests of reading //simd's benchmarks: only the named run counts, and only when it was done."""

import json
import unittest

from tools.compare.cases.simd import ReadBenchmark
from tools.compare.harness.outcome import Measurement, Missing, NotVerified


def _Run(name, cpu_time, **fields):
    return {'name': name, 'cpu_time': cpu_time, 'time_unit': 'ns', 'iterations': 10,
            'run_type': 'iteration', **fields}


def _Output(*runs):
    return 'a warning\n' + json.dumps({'context': {}, 'benchmarks': list(runs)})


class ReadBenchmarkTest(unittest.TestCase):

    def testTakesTheLeastOfTheNamedRuns(self):
        output = _Output(_Run('a/ours', 3.0), _Run('a/ours', 2.0), _Run('a/oursX', 1.0),
                         _Run('a/ours', 0.5, run_type='aggregate'))
        self.assertEqual(ReadBenchmark(output, 0, 'a/ours'), Measurement(2.0, 20))

    def testAMissingLibraryIsNamed(self):
        skipped = _Run('a/isal', 0.0, error_occurred=True, error_message='not installed: libisal2')
        with self.assertRaisesRegex(Missing, '^libisal2$'):
            ReadBenchmark(_Output(skipped), 0, 'a/isal')

    def testRefusesWhatShowsNoWork(self):
        for message, output, status in (
                ('ended with status 134', 'CHECK failed', 134),
                ('printed no JSON', 'nothing', 0),
                ('has no benchmark', _Output(_Run('b/ours', 1.0)), 0),
                ('printed no time', _Output(_Run('a/ours', 0.0)), 0)):
            with self.assertRaisesRegex(NotVerified, message):
                ReadBenchmark(output, status, 'a/ours')


if __name__ == '__main__':
    unittest.main()
