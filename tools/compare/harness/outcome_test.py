#!/usr/bin/env python3
"""Tests of reading what a program says: a program that did not do the work is caught."""

import unittest

from tools.compare.harness.outcome import Measurement, NotVerified, ReadOutcome, Words


class OutcomeTest(unittest.TestCase):

    def assertRefused(self, message, output, status=0, expected_work=None):
        with self.assertRaisesRegex(NotVerified, message):
            ReadOutcome(output, status, expected_work)

    def testReadsTheLastLine(self):
        self.assertEqual(ReadOutcome('hello\nvalue=52.1 work=1000 rate=3\n', 0),
                         Measurement(52.1, 1000))

    def testWords(self):
        self.assertEqual(Words('port=80 text a=b=c'), {'port': '80', 'a': 'b=c'})

    def testRefusesAWrongSum(self):
        self.assertEqual(ReadOutcome('value=1 work=10', 0, expected_work=10).work, 10)
        self.assertRefused('work is 9 and not 10', 'value=1 work=9', expected_work=10)

    def testRefusesNoWork(self):
        self.assertRefused('did nothing', 'value=1 work=0')
        self.assertRefused('did nothing', 'value=0 work=5')
        self.assertRefused('did nothing', 'value=nan work=5')

    def testRefusesFailureAndSilence(self):
        self.assertRefused('nothing came back', 'failed=nothing came back', status=1)
        self.assertRefused('status 139', 'value=1 work=5', status=139)
        self.assertRefused('no figure', '')
        self.assertRefused('no figure', 'Segmentation fault')


if __name__ == '__main__':
    unittest.main()
