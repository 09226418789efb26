#!/usr/bin/env python3
"""Tests of tools/tidy: what is expected and what the library keeps alive. That clang-tidy finds the
planted faults is shown by the leg `tidy` (tools/tidy --planted)."""

import importlib.machinery
import importlib.util
import os
import tempfile
import unittest

_LOADER = importlib.machinery.SourceFileLoader('tool', 'tools/tidy')
_SPEC = importlib.util.spec_from_loader('tool', _LOADER)
tool = importlib.util.module_from_spec(_SPEC)
_LOADER.exec_module(tool)

CAPTURE = 'cppcoreguidelines-avoid-capturing-lambda-coroutines'


class TidyToolTest(unittest.TestCase):

    def Messages(self, text, found):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'x.cc')
            with open(path, 'w', encoding='utf-8') as f:
                f.write(text)
            return [m.partition(': ')[2] for m in tool.PlantedFaults(path, found)]

    def testAPlantedFaultThatIsNotFoundIsAFailure(self):
        text = 'int a;\n// expect: some-check\nint b;\n'
        self.assertEqual(self.Messages(text, [(3, 'some-check')]), [])
        self.assertEqual(self.Messages(text, []), ['planted some-check was not found'])

    def testAFindingWhereNothingIsPlantedIsAFailure(self):
        self.assertEqual(self.Messages('int a;\n', [(1, 'some-check')]),
                         ['some-check was found where nothing was planted'])

    def testOnlyLambdasThatTheLibraryKeepsPass(self):
        for line, kept in (('BlockOn([x]() -> Task<int> {', True),
                           ('scope.Spawn([x]() -> Task<> {', True),
                           ('auto task = [x]() -> Task<int> {', False),
                           ('Later([x]() -> Task<int> {', False)):
            column = line.index('[') + 1
            self.assertEqual(tool.IsKept(CAPTURE, [line], 1, column), kept, line)
        self.assertFalse(tool.IsKept('bugprone-use-after-move', ['BlockOn([x]'], 1, 9))

    def testTestsAreJudgedOnRequestOnly(self):
        entries = [{'file': f} for f in ('mem/a.cc', 'mem/a_test.cc', 'io/b.cc')]
        self.assertEqual(tool.Chosen(entries, [], False), ['mem/a.cc', 'io/b.cc'])
        self.assertEqual(len(tool.Chosen(entries, [], True)), 3)
        self.assertEqual(tool.Chosen(entries, ['mem'], False), ['mem/a.cc', 'mem/a_test.cc'])


if __name__ == '__main__':
    unittest.main()
