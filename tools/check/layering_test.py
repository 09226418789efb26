#!/usr/bin/env python3
"""Tests of layering.py: what is planted is caught, what DESIGN allows passes."""

import unittest

from tools.check import graph
from tools.check import layering

TABLE = layering.ReadTable('''
# comment
base:          -
base:status:   @com_google_absl
mem:           base @hwloc
future:        base mem:frame_pool
sched:         base future mem
io:            base future mem sched:time @liburing
io/http:       base io @com_google_absl
actor:         base sched
actor/remote:  base sched io
tools/testing: base
tools:         *
''')


def MakeRules(*specs):
    """Each spec: (label, deps) or (label, deps, testonly, srcs)."""
    rules = {}
    for spec in specs:
        name, deps, testonly, srcs = (tuple(spec) + (False, []))[:4] if len(spec) < 4 else spec
        rules[name] = graph.Rule(name, 'cc_library', testonly, deps, [], srcs, [], [])
    return rules


def Faults(*specs, files=None):
    return layering.Check(MakeRules(*specs), TABLE, (files or {}).get)


class LayeringTest(unittest.TestCase):

    def testAllowedEdgesPass(self):
        self.assertEqual(
            Faults(('//base:check', []),
                   ('//base:status', ['//base:check', '@com_google_absl//absl/status']),
                   ('//future:task', ['//base:check', '//mem:frame_pool', '//future:poll']),
                   ('//mem/internal:heap', ['//base:check', '@hwloc//:hwloc']),
                   ('//io/backend:uring', ['//io:op', '@liburing//:liburing', '//sched:time']),
                   ('//io/http:server', ['//io:tcp', '@com_google_absl//absl/strings']),
                   ('//actor/remote:link', ['//io:tcp', '//actor:ref']),
                   ('//tools/compare:run', ['//actor:ref', '//io:tcp'])), [])

    def testRoomAboveIsCaught(self):
        self.assertEqual(Faults(('//base:check', ['//future:task'])), [
            '//base:check depends on //future:task, which layers.txt does not allow'])

    def testTargetOutsideTheNamedOnesIsCaught(self):
        self.assertEqual(len(Faults(('//future:task', ['//mem:pool']))), 1)
        self.assertEqual(len(Faults(('//io:tcp', ['//sched:scheduler']))), 1)

    def testForeignLibraryIsCaught(self):
        self.assertEqual(len(Faults(('//sched:worker', ['@liburing//:liburing']))), 1)
        self.assertEqual(len(Faults(('//io:tcp', ['@com_google_absl//absl/strings']))), 1)
        self.assertEqual(len(Faults(('//base:check', ['@com_google_absl//absl/base']))), 1)

    def testInnerRoomIsClosedToItsOwnRoom(self):
        self.assertEqual(len(Faults(('//io:tcp', ['//io/http:server']))), 1)
        self.assertEqual(len(Faults(('//actor:ref', ['//io:tcp']))), 1)
        self.assertEqual(len(Faults(('//actor:ref', ['//actor/remote:link']))), 1)

    def testFixturesDependOnBaseAlone(self):
        self.assertEqual(len(Faults(('//tools/testing:count', ['//sched:worker']))), 1)

    def testTestsAreExempt(self):
        self.assertEqual(Faults(('//base:check_test', ['//io:tcp'], True, [])), [])

    def testUnknownRoomIsCaught(self):
        self.assertEqual(Faults(('//cellar:x', [])), ['//cellar:x: its room is not in layers.txt'])

    def testIncludeWithoutADependencyIsCaught(self):
        files = {'sched/worker.cc': '#include <vector>\n#include "absl/strings/str_cat.h"\n',
                 'mem/numa.cc': '#include <hwloc.h>\n'}
        faults = Faults(('//sched:worker', [], False, ['//sched:worker.cc']),
                        ('//mem:numa', [], False, ['//mem:numa.cc']), files=files)
        self.assertEqual(len(faults), 1)
        self.assertIn('sched/worker.cc includes <absl/strings/str_cat.h>', faults[0])


class GraphTest(unittest.TestCase):

    XML = '''<?xml version="1.1" encoding="UTF-8" standalone="no"?>
<query version="2">
  <rule class="cc_library" location="x" name="//mem:pool">
    <list name="visibility"><label value="//visibility:public"/></list>
    <list name="hdrs"><label value="//mem:pool.h"/></list>
    <list name="deps"><label value="//base:check"/></list>
  </rule>
  <rule class="cc_test" location="x" name="//mem:pool_test">
    <list name="deps"><label value="//mem:pool"/></list>
    <list name="tags"><string value="valgrind"/></list>
  </rule>
</query>'''

    def testReadsRules(self):
        rules = graph.Parse(self.XML)
        self.assertFalse(rules['//mem:pool'].testonly)
        self.assertTrue(rules['//mem:pool_test'].testonly)
        self.assertEqual(rules['//mem:pool_test'].tags, ['valgrind'])
        self.assertEqual(graph.Reachable(rules, '//mem:pool_test'),
                         {'//mem:pool_test', '//mem:pool', '//base:check'})
        self.assertEqual(graph.PathTo(rules, '//mem:pool_test', '//base:check'),
                         ['//mem:pool_test', '//mem:pool', '//base:check'])


if __name__ == '__main__':
    unittest.main()
