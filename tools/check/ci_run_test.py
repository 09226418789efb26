#!/usr/bin/env python3
"""Tests of .ci/run: whatever way a leg fails, the run fails and says so; all are counted."""

import os
import shutil
import subprocess
import tempfile
import unittest

LEGS = {
    'good': 'echo "//a:b                (cached) PASSED in 0.1s"; echo "//c:d PASSED in 2.0s"',
    'bad': 'echo "//a:b PASSED in 0.1s"; echo "//e:f   FAILED in 1 out of 1 in 0.1s"; exit 3',
    'unbuilt': 'echo "//e:f FAILED TO BUILD"; exit 1',
    'late': 'echo "//e:f TIMEOUT in 60.0s"; exit 3',
    'silent': 'exit 0',
    'broken': 'echo "//a:b PASSED in 0.1s"; exit 1',
}


class CiRunTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        os.makedirs(os.path.join(self.root, '.ci'))
        shutil.copy('.ci/run', os.path.join(self.root, '.ci/run'))
        self.Write('tools/bazel_env.sh', '')
        self.Write('tools/install', 'exit 0')
        self.Write('tools/compare/install_peers', 'exit 0')
        self.Write('bin/bazel', 'exit 0')
        for name, script in LEGS.items():
            self.Write('tools/ci/' + name, script)

    def Write(self, path, script):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as f:
            f.write('#!/bin/bash\n%s\n' % script)
        os.chmod(path, 0o755)

    def Run(self, *legs):
        environment = dict(os.environ, PATH=self.root + '/bin:' + os.environ['PATH'])
        done = subprocess.run([self.root + '/.ci/run', *legs], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, env=environment, check=False)
        return done.returncode, done.stdout.decode()

    def assertCounts(self, legs, last_line):
        status, output = self.Run(*legs)
        self.assertEqual(output.splitlines()[-1], last_line, output)
        self.assertEqual(status == 0, last_line.endswith(' 0 failed'), output)

    def testPassedTestsAreCounted(self):
        self.assertCounts(['good'], '2 passed, 0 failed')

    def testEveryWayToFailIsCaught(self):
        self.assertCounts(['good', 'bad'], '3 passed, 1 failed')
        self.assertCounts(['good', 'unbuilt'], '2 passed, 1 failed')
        self.assertCounts(['late'], '0 passed, 1 failed')
        self.assertCounts(['good', 'silent'], '2 passed, 1 failed')
        self.assertCounts(['broken'], '1 passed, 1 failed')
        self.assertCounts(['no_such_leg'], '0 passed, 1 failed')

    def testMinutesAreNamedForEachLeg(self):
        _, output = self.Run('good', 'bad')
        self.assertRegex(output, r'good +\d+\.\d min  2 passed, 0 failed')
        self.assertRegex(output, r'bad +\d+\.\d min  1 passed, 1 failed')
        self.assertRegex(output, r'total +\d+\.\d min')

    def testAnInstallationThatFailsEndsTheRun(self):
        self.Write('tools/compare/install_peers', 'exit 1')
        self.assertCounts(['good'], '0 passed, 1 failed')


if __name__ == '__main__':
    unittest.main()
