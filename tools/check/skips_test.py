#!/usr/bin/env python3
"""Tests of skips.py: reasons are read from GoogleTest's XML, and the unexpected is refused."""

import contextlib
import io
import os
import tempfile
import unittest

from tools.check import skips

XML = '''<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="3" name="AllTests"><testsuite name="RingTest" tests="3">
<testcase name="Works" status="run" result="completed" classname="RingTest" />
<testcase name="Denied" status="run" result="skipped" classname="RingTest">
  <skipped message="io/ring_test.cc:12&#x0A;io_uring is denied here&#x0A;"/></testcase>
<testcase name="Silent" status="run" result="skipped" classname="RingTest">
  <skipped message="io/ring_test.cc:15&#x0A;Skipped&#x0A;"/></testcase>
</testsuite></testsuites>'''


class SkipsTest(unittest.TestCase):

    def testReadsCasesAndReasons(self):
        self.assertEqual(list(skips.SkipsOf(XML)), [('RingTest.Denied', 'io_uring is denied here'),
                                                    ('RingTest.Silent', '')])

    def testReadsPythonsLog(self):
        log = ("testA (__main__.LinkTest.testA) ... ok\n"
               "testB (__main__.LinkTest.testB) ... skipped 'no node here'\n"
               "testC (__main__.LinkTest.testC)\nWhat it does. ... skipped 'no wrk here'\n")
        self.assertEqual(list(skips.SkipsOfLog(log)), [('LinkTest.testB', 'no node here'),
                                                       ('LinkTest.testC', 'no wrk here')])

    def testAllowsAListedReasonOnly(self):
        patterns = skips.ReadExpected('# comment\n//io/.* .* io_uring\n')
        _, refused = skips.Judge([('//io/x:t', 'A.B', 'io_uring is denied')], patterns)
        self.assertEqual(refused, 0)
        lines, refused = skips.Judge([('//io/x:t', 'A.B', 'I felt like it')], patterns)
        self.assertEqual(refused, 1)
        self.assertIn('UNEXPECTED SKIP //io/x:t A.B', lines[0])
        _, refused = skips.Judge([('//mem:t', 'A.B', 'io_uring is denied')], patterns)
        self.assertEqual(refused, 1)

    def testRefusesASkipWithoutAReason(self):
        patterns = skips.ReadExpected('.* .* .*')
        _, refused = skips.Judge([('//io/x:t', 'A.B', '')], patterns)
        self.assertEqual(refused, 1)

    def Status(self, xml):
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
            if xml:
                os.makedirs(os.path.join(folder, 'io', 'x_test'))
                with open(os.path.join(folder, 'io', 'x_test', 'test.xml'), 'w',
                          encoding='utf-8') as f:
                    f.write(xml)
            return skips.Main(['skips.py', folder, 'clang'])

    def testAFolderIsJudged(self):
        self.assertEqual(self.Status('<testsuites/>'), 0)
        self.assertEqual(self.Status(XML), 1)  # one of them is silent

    def testNoResultsAtAllIsAFailure(self):
        self.assertEqual(self.Status(''), 1)


if __name__ == '__main__':
    unittest.main()
