#!/usr/bin/env python3
"""Tests of tools/format: what is not formatted is named and refused, and mended on request."""

import os
import shutil
import subprocess
import tempfile
import unittest

BAD = 'int  F( ){return 1;}\n'
GOOD = 'int F() { return 1; }\n'


@unittest.skipUnless(shutil.which('clang-format-19'), 'clang-format-19 is not installed')
class FormatTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        shutil.copy('.clang-format', folder.name)
        self.file = os.path.join(folder.name, 'x.cc')

    def Format(self, text, *options):
        with open(self.file, 'w', encoding='utf-8') as f:
            f.write(text)
        done = subprocess.run(['tools/format', *options, self.file], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout.decode()

    def testFormattedFilesPass(self):
        self.assertEqual(self.Format(GOOD, '--check'), (0, ''))

    def testPlantedDisorderIsCaughtAndNamed(self):
        status, output = self.Format(BAD, '--check')
        self.assertEqual(status, 1)
        self.assertIn(self.file, output)
        with open(self.file, encoding='utf-8') as f:
            self.assertEqual(f.read(), BAD)  # --check changes nothing

    def testItIsMended(self):
        self.assertEqual(self.Format(BAD)[0], 0)
        with open(self.file, encoding='utf-8') as f:
            self.assertEqual(f.read(), GOOD)


if __name__ == '__main__':
    unittest.main()
