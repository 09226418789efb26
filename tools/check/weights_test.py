#!/usr/bin/env python3
"""Tests of weights.py: a dependency planted deep below a component is found, with its chain."""

import unittest

from tools.check import graph
from tools.check import weights

TABLE = weights.ReadTable('''
//future:task:  sched base:thread @   # comment
//simd:crc32c:  mem @ -@highway
''')


def Faults(**edges):
    rules = {}
    deps = {'//future:task': ['//future:poll'], '//future:poll': ['//base:check'],
            '//base:check': [], '//simd:crc32c': ['@highway//:hwy']}
    for name, more in edges.items():
        deps['//' + name.replace('__', ':')] = more
    for name, labels in deps.items():
        rules[name] = graph.Rule(name, 'cc_library', False, labels, [], [], [], [])
    return weights.Check(rules, TABLE)


class WeightsTest(unittest.TestCase):

    def testLightComponentsPass(self):
        self.assertEqual(Faults(), [])

    def testDeepDependencyIsCaughtWithItsChain(self):
        self.assertEqual(Faults(future__poll=['//sched:worker'], sched__worker=[]), [
            '//future:task must not bring //sched:worker: '
            '//future:task -> //future:poll -> //sched:worker'])

    def testSingleTargetIsCaught(self):
        self.assertEqual(len(Faults(base__check=['//base:thread'], base__thread=[])), 1)

    def testForeignLibraryIsCaught(self):
        self.assertEqual(len(Faults(base__check=['@com_google_absl//absl/base'])), 1)
        self.assertEqual(len(Faults(simd__crc32c=['@highway//:hwy', '@hwloc//:hwloc'])), 1)

    def testMissingComponentIsCaught(self):
        faults = weights.Check({}, TABLE)
        self.assertEqual(len(faults), 2)
        self.assertIn('no such target', faults[0])


if __name__ == '__main__':
    unittest.main()
