#!/usr/bin/env python3
"""Tests of tools/compile_commands: one entry for a file, that of its plain build."""

import importlib.machinery
import importlib.util
import unittest

_LOADER = importlib.machinery.SourceFileLoader('tool', 'tools/compile_commands')
_SPEC = importlib.util.spec_from_loader('tool', _LOADER)
tool = importlib.util.module_from_spec(_SPEC)
_LOADER.exec_module(tool)


def Action(source, *options):
    return {'arguments': ['clang-19', '-MD', '-MF', 'x.d', '-frandom-seed=x.o', *options, '-c',
                          source, '-o', 'x.o']}


class CompileCommandsTest(unittest.TestCase):

    def testOutputOptionsAreLeftOut(self):
        action = Action('mem/a.cc', '-Wall', '-include-pch', 'bazel-out/bin/gtest.h.pch')
        self.assertEqual(tool.Entries([action], '/root'), [{
            'directory': '/root', 'file': 'mem/a.cc',
            'arguments': ['clang-19', '-Wall', '-c', 'mem/a.cc']}])

    def testAVariantDoesNotReplaceThePlainBuild(self):
        plain = Action('mem/a.cc')
        asan = Action('mem/a.cc', '-fsanitize=address,undefined')
        for actions in ([plain, asan], [asan, plain]):
            entries = tool.Entries(actions, '/root')
            self.assertEqual([e['arguments'] for e in entries], [['clang-19', '-c', 'mem/a.cc']])

    def testWhatIsNoSourceHasNoEntry(self):
        self.assertEqual(tool.Entries([{'arguments': ['clang-19', '-c', 'x.S']}], '/root'), [])


if __name__ == '__main__':
    unittest.main()
