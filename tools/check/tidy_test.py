#!/usr/bin/env python3
"""Tests of the tidy check: a fault is planted for each rule, and caught; sound code passes."""

import os
import tempfile
import unittest

from tools.check import graph
from tools.check import tidy
from tools.check import tidy_rules
from tools.check import tidy_tree

GOOD_HEADER = '''// A good header.
#ifndef ZOKIO_MEM_GOOD_H_
#define ZOKIO_MEM_GOOD_H_

namespace zokio {
// Not a std::mutex and no absl::Mutex: only words in a comment.
inline const char* Text() { return "std::atomic<int>"; }
}  // namespace zokio

#endif  // ZOKIO_MEM_GOOD_H_
'''


def RulesBroken(path, text):
    return sorted({fault.rule for fault in tidy_rules.CheckFile(path, text)})


class FileRulesTest(unittest.TestCase):

    def testSoundFilesPass(self):
        self.assertEqual(RulesBroken('mem/good.h', GOOD_HEADER), [])
        self.assertEqual(RulesBroken('base/x.cc', 'std::atomic<int> a;\nstd::mutex m;\n'), [])
        self.assertEqual(RulesBroken('examples/x.cc', 'std::thread t;\n'), [])
        self.assertEqual(RulesBroken('mem/x.cc', 'x::thread_local_value();\n'), [])

    def testColumns(self):
        self.assertEqual(RulesBroken('mem/x.cc', '// ' + 'x' * 97 + '\n'), [])
        self.assertEqual(RulesBroken('mem/x.cc', '// ' + 'x' * 98 + '\n'), ['columns'])

    def testWhitespace(self):
        for text in ('int a; \n', '\tint a;\n', 'int a;', 'int a;\n\n'):
            self.assertEqual(RulesBroken('mem/x.cc', text), ['whitespace'], text)

    def testFileLength(self):
        self.assertEqual(RulesBroken('mem/x.cc', '\n' * 400 + 'x\n'), ['file-length'])
        self.assertEqual(RulesBroken('mem/x_test.cc', '\n' * 400 + 'x\n'), [])
        self.assertEqual(RulesBroken('mem/x_test.cc', '\n' * 600 + 'x\n'), ['file-length'])
        self.assertEqual(RulesBroken('tools/x.py', '\n' * 400 + 'x\n'), ['file-length'])

    def testFunctionLength(self):
        for inner_lines, broken in ((68, []), (69, ['function-length'])):
            text = 'void F(int x) {\n' + '  x;\n' * inner_lines + '}\n'
            self.assertEqual(RulesBroken('mem/x.cc', text), broken)

    def testHeaderGuard(self):
        self.assertEqual(RulesBroken('mem/other.h', GOOD_HEADER), ['header-guard'])

    def testForbiddenNames(self):
        planted = {
            'absl::Mutex m;': 'absl-mutex',
            'std::atomic_thread_fence(x);': 'fence',
            'std::atomic<int> a;': 'raw-atomic',
            'std::atomic_flag a;': 'raw-atomic',
            'std::mutex m;': 'raw-lock',
            'std::condition_variable_any c;': 'raw-lock',
            'std::thread t;': 'raw-thread',
            'static thread_local int t;': 'raw-thread-local',
            'std::chrono::steady_clock::now();': 'raw-clock',
            'std::this_thread::yield();': 'spin-yield',
            'GTEST_SKIP();': 'silent-skip',
            'using namespace zokio;': 'using-namespace',
        }
        for code, rule in planted.items():
            self.assertEqual(RulesBroken('sched/x.cc', code + '\n'), [rule], code)
        self.assertEqual(RulesBroken('io/x.cc', '// TO' + 'DO: this\n'), ['left-undone'])

    def testFixedSleepsInTestsOnly(self):
        self.assertEqual(RulesBroken('sched/x_test.cc', 'usleep(10);\n'), ['fixed-sleep'])
        self.assertEqual(RulesBroken('tests/x.cc', 'absl::SleepFor(d);\n'), ['fixed-sleep'])
        self.assertEqual(RulesBroken('examples/x.cc', 'usleep(10);\n'), [])


def MakeRule(name, kind='cc_library', hdrs=(), inputs=()):
    return graph.Rule(name, kind, False, [], list(hdrs), [], [], list(inputs))


class TreeRulesTest(unittest.TestCase):

    def testPackagesNeedReadmeTestsAndBenchmarks(self):
        whole = ['mem/README.md', 'mem/x_test.cc', 'mem/x_benchmark.cc']
        self.assertEqual(list(tidy_tree.Packages(whole, lambda f: '')), [])
        for missing in whole:
            rest = [f for f in whole if f != missing]
            self.assertEqual(len(list(tidy_tree.Packages(rest, lambda f: ''))), 1, missing)
        self.assertEqual(len(list(tidy_tree.Packages(whole, lambda f: '\n' * 61))), 1)

    def testDeadFilesAndTwoOwners(self):
        rules = {
            '//mem:a': MakeRule('//mem:a', hdrs=['//mem:a.h'], inputs=['//mem:a.h']),
            '//mem:b': MakeRule('//mem:b', inputs=['//mem:b.cc']),
        }
        files = ['mem/a.h', 'mem/b.cc', 'mem/notes.txt']
        self.assertEqual(list(tidy_tree.DeadFiles(files, rules)), [])
        dead = list(tidy_tree.DeadFiles(files + ['mem/old.cc'], rules))
        self.assertEqual([(f.rule, f.subject) for f in dead], [('dead-file', 'mem/old.cc')])
        rules['//mem:c'] = MakeRule('//mem:c', hdrs=['//mem:a.h'], inputs=['//mem:a.h'])
        self.assertEqual([f.rule for f in tidy_tree.DeadFiles(files, rules)], ['two-owners'])

    def testReadmesNameWhatExists(self):
        files = ['README.md', 'mem/pool.h', 'mem/README.md', 'test', 'tools/format']
        rules = {'//mem:pool': MakeRule('//mem:pool')}

        def Faults(text):
            return [f.rule for f in tidy_tree.Readmes(files, lambda f: text, rules)]

        self.assertEqual(Faults('`//mem:pool` `bazel test //mem/...` `./test //...` `tools/format`'
                                ' @zokio//mem:all, see https://example.org//x:y.'), [])
        self.assertEqual(set(Faults('use `//mem:gone`')), {'readme-label'})
        self.assertEqual(set(Faults('`./test //gone/...`')), {'readme-label'})
        self.assertEqual(set(Faults('run `tools/gone`')), {'readme-script'})
        self.assertEqual(set(Faults('run `./gone`')), {'readme-script'})

    def testHeadersWithoutASourceFileAreCompiledAlone(self):
        texts = {'mem/a.h': '', 'mem/a_test.cc': '#include "mem/a.h"\n', 'mem/b.h': '',
                 'mem/b.cc': '#include <vector>\n#include "mem/b.h"\n'}
        self.assertEqual(tidy_tree.HeadersToCompile(list(texts), texts.get), ['mem/b.h'])


    def testHeaderThatNeedsAnIncludeBeforeItIsCaught(self):
        with tempfile.TemporaryDirectory() as folder:
            header = os.path.join(folder, 'x.h')
            for text, rule in (('#include <string>\nstd::string Name();\n', None),
                               ('std::string Name();\n', 'self-contained')):
                with open(header, 'w', encoding='utf-8') as f:
                    f.write(text)
                fault = tidy.CompileAlone(header)
                self.assertEqual(fault and fault.rule, rule)


class ExceptionsTest(unittest.TestCase):

    FAULT = tidy_rules.Fault('file-length', 'mem/x.cc', 500, 'mem/x.cc: 500 lines')

    def Judge(self, line, faults):
        return tidy.Judge(faults, tidy.ReadExceptions(line), True)

    def testCoversUpToItsLimit(self):
        self.assertEqual(self.Judge('file-length mem/x.cc 500 one table', [self.FAULT]), [])
        self.assertIn('allows 499', self.Judge('file-length mem/x.cc 499 why', [self.FAULT])[0])
        self.assertEqual(len(self.Judge('columns mem/x.cc why', [self.FAULT])), 2)

    def testOnlyShrinks(self):
        self.assertIn('go down to 500', self.Judge('file-length mem/x.cc 501 y', [self.FAULT])[0])
        self.assertIn('no longer needed', self.Judge('file-length mem/y.cc 9 y', [])[0])

    def testNeedsAReason(self):
        with self.assertRaises(ValueError):
            tidy.ReadExceptions('file-length mem/x.cc 500')
        with self.assertRaises(ValueError):
            tidy.ReadExceptions('raw-lock mem/x.cc')


if __name__ == '__main__':
    unittest.main()
