#!/usr/bin/env python3
"""Tests of tools/coverage: lines are added up per package, and a floor that is missed is named."""

import importlib.machinery
import importlib.util
import os
import tempfile
import unittest

_LOADER = importlib.machinery.SourceFileLoader('coverage_tool', 'tools/coverage')
_SPEC = importlib.util.spec_from_loader('coverage_tool', _LOADER)
coverage = importlib.util.module_from_spec(_SPEC)
_LOADER.exec_module(coverage)

LCOV = '''SF:/proc/self/cwd/mem/pool.h
DA:1,0
DA:2,3
end_of_record
SF:mem/pool.h
DA:1,5
DA:2,0
DA:3,0
end_of_record
SF:mem/pool_test.cc
DA:1,1
end_of_record
SF:base/check.cc
DA:7,0
DA:8,1
end_of_record
'''


class CoverageTest(unittest.TestCase):

    def setUp(self):
        self.packages = coverage.Packages(coverage.ReadLcov(LCOV))

    def testRecordsOfOneFileAreAddedAndTestsAreNotCounted(self):
        self.assertEqual(self.packages, {'mem': (2, 3), 'base': (1, 2)})

    def testBelowTheFloorIsCaught(self):
        floor = coverage.ReadFloor('# why\nmem 66.6\nbase 50.0\n')
        self.assertEqual(list(coverage.BelowFloor(self.packages, floor)), [])
        self.assertEqual(list(coverage.BelowFloor(self.packages, {'mem': 1.0, 'base': 50.1})),
                         ['base: 50.0 is below its floor of 50.1'])

    def testUnmeasuredPackageIsCaught(self):
        self.assertEqual(list(coverage.BelowFloor(self.packages, {'*': 1.0, 'io': 1.0})),
                         ['io: not measured, its floor is 1.0'])

    def testPackageWithoutALineIsCaughtOrHasTheCommonFloor(self):
        self.assertEqual(list(coverage.BelowFloor(self.packages, {'mem': 60.0})),
                         ['base: has no line in tools/coverage_floor.txt'])
        self.assertEqual(list(coverage.BelowFloor(self.packages, {'*': 60.0})),
                         ['base: 50.0 is below its floor of 60.0'])

    def testTheRatchetSaysWhenItCanBeRaised(self):
        self.assertEqual(list(coverage.CanBeRaised(self.packages, {'*': 1.0, 'base': 46.0})), [])
        self.assertEqual(list(coverage.CanBeRaised(self.packages, {'base': 45.9})),
                         ['base: its floor of 45.9 can be raised'])

    def testProgramsOfBenchmarksAreNotCounted(self):
        for path in ('mem/cases/main.cc', 'simd/bench/limits.cc', 'io/testing.h', 'io/x_fuzz.cc'):
            self.assertFalse(coverage.Counted(path), path)
        self.assertTrue(coverage.Counted('io/tcp_stream.cc'))

    def testOnlyProgramsThatArePlainTestsOfPackagesAreRead(self):
        with tempfile.TemporaryDirectory() as bazel_bin:
            for path, head in (('io/dns/name_test', b'\x7fELF'), ('io/client_test', b'#!/b'),
                               ('mem/pool_benchmark.smoke', b'\x7fELF'),
                               ('tests/soak/soak_test', b'\x7fELF')):
                path = os.path.join(bazel_bin, path)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, 'wb') as f:
                    f.write(head)
            names = ['io+dns+name_test', 'io+client_test', 'mem+pool_benchmark.smoke',
                     'tests+soak+soak_test']
            self.assertEqual([name for name, _ in coverage.Programs(names, bazel_bin)],
                             ['io+dns+name_test'])
            with self.assertRaisesRegex(SystemExit, 'is not there any more'):
                list(coverage.Programs(['io+gone_test'], bazel_bin))

    def testTheTreesFloorsAreRead(self):
        with open('tools/coverage_floor.txt', encoding='utf-8') as f:
            floor = coverage.ReadFloor(f.read())
        self.assertGreater(floor['base'], 90.0)


if __name__ == '__main__':
    unittest.main()
