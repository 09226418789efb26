#!/usr/bin/env python3
"""Tests of starting, pinning and timing programs."""

import os
import subprocess
import unittest

from tools.compare.harness import cores, process
from tools.compare.harness.outcome import NotVerified
from tools.compare.harness.programs import Built


class ProcessTest(unittest.TestCase):

    def testCpuTimeCountsWhatAProcessUsed(self):
        # Burns 50 ms of its own CPU clock, says so, and waits to be ended.
        program = ('import time\nwhile time.process_time() < 0.05: pass\n'
                   'print(time.process_time_ns(), flush=True)\ninput()')
        with subprocess.Popen(['python3', '-c', program], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True) as burner:
            used_ns = int(burner.stdout.readline())
            counted_ns = process.CpuTimeNs(burner.pid)
            burner.communicate('\n')
        self.assertGreaterEqual(counted_ns, used_ns)
        self.assertLess(counted_ns, used_ns + 20e6)

    def testCpuTimeCountsChildren(self):
        program = 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo done; read line'
        with subprocess.Popen(['bash', '-c', '( %s ) <&0; true' % program], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True) as parent:
            parent.stdout.readline()
            with open('/proc/%d/schedstat' % parent.pid, encoding='ascii') as stat:
                alone_ns = int(stat.read().split()[0])
            self.assertGreater(process.CpuTimeNs(parent.pid), 2 * alone_ns)
            parent.communicate('\n')

    def testPinsWhatItStarts(self):
        output, status = process.Run(
            ['python3', '-c', 'import os; print(os.sched_getaffinity(0))'], cores.Server(), 20)
        self.assertEqual((output.strip(), status), (str(cores.Server()), 0))

    def testEndsWhatTakesTooLong(self):
        with self.assertRaisesRegex(NotVerified, 'did not end within 1 s'):
            process.Run(['sleep', '1000'], cores.Client(), 1)

    def testServesAndEnds(self):
        with process.Server([Built('bare/echo_uring')]) as (pid, port):
            self.assertGreater(port, 0)
            self.assertEqual(os.sched_getaffinity(pid), cores.Server())
        with self.assertRaises(ProcessLookupError):
            os.kill(pid, 0)

    def testNamesWhyAServerDidNotStart(self):
        with self.assertRaisesRegex(NotVerified, 'the server ended: no such device'):
            with process.Server(['bash', '-c', 'echo no such device >&2; exit 1']):
                pass

    def testReadsThePortFromWhatServersPrint(self):
        self.assertEqual(process.PortOf('port=8080'), 8080)
        self.assertEqual(process.PortOf('listening on 127.0.0.1:8081'), 8081)
        self.assertEqual(process.PortOf('listening on [::1]:8082'), 8082)
        self.assertIsNone(process.PortOf('backend: io_uring (report=3)'))


if __name__ == '__main__':
    unittest.main()
