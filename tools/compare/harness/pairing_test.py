#!/usr/bin/env python3
"""Tests of the order of runs and of what happens to a contender that is missing or fails."""

import unittest

from tools.compare.harness import figures, pairing
from tools.compare.harness.case import Case, Contender
from tools.compare.harness.outcome import Measurement, Missing, NotVerified


class Script:
    """Contenders whose runs are written down and whose figures are given."""

    def __init__(self):
        self.order = []

    def Contender(self, name, values):
        """The i-th run gives values[i]; an exception in place of a value is raised."""
        runs = iter(values)

        def Measure(_prepared, _seconds):
            self.order.append(name)
            value = next(runs)
            if isinstance(value, Exception):
                raise value
            return Measurement(value, 1)

        return Contender(name, lambda: None, Measure)


def Absent(name, package):
    def Prepare():
        raise Missing(package)

    return Contender(name, Prepare, lambda *_: None)


def MakeCase(ours, peers, **kwargs):
    return Case(name='case', work='', unit='ns', better=figures.LESS, ours=ours, peers=peers,
                **kwargs)


class PairingTest(unittest.TestCase):

    def testRunsOursAndThePeerInTurn(self):
        script = Script()
        ours = script.Contender('A', [10, 20, 10, 20, 10, 20])
        case = MakeCase(ours, [script.Contender('B', [30] * 3), script.Contender('C', [40] * 3)])
        result = pairing.RunCase(case, pairs=3)
        self.assertEqual(script.order, ['A', 'B', 'A', 'C'] * 3)
        self.assertEqual([s.pairs for s in result.peers], [[(10, 30)] * 3, [(20, 40)] * 3])
        self.assertTrue(result.Verified())
        self.assertEqual(result.runs_verified, 12)
        self.assertEqual(result.ours, [10, 20, 10, 20, 10, 20])

    def testRunsAloneWithoutPeers(self):
        script = Script()
        result = pairing.RunCase(MakeCase(script.Contender('A', [1] * 5), []), pairs=5)
        self.assertEqual(script.order, ['A'] * 5)
        self.assertTrue(result.Verified())

    def testAMissingPeerIsNamedAndTheOthersRun(self):
        script = Script()
        case = MakeCase(script.Contender('A', [1] * 3),
                        [Absent('B', 'libb-dev'), script.Contender('C', [2] * 3)])
        result = pairing.RunCase(case, pairs=3)
        self.assertTrue(result.Verified())
        self.assertEqual(result.peers[0].missing, 'libb-dev')
        self.assertEqual(len(result.peers[1].pairs), 3)

    def testWithAllPeersMissingOursStillRuns(self):
        script = Script()
        case = MakeCase(script.Contender('A', [1] * 3), [Absent('B', 'libb-dev')])
        self.assertEqual(len(pairing.RunCase(case, pairs=3).ours), 3)

    def testAPeerThatFailsIsNamedAndLeftOut(self):
        script = Script()
        case = MakeCase(script.Contender('A', [1] * 6),
                        [script.Contender('B', [2, NotVerified('lost a message')]),
                         script.Contender('C', [2] * 3)])
        result = pairing.RunCase(case, pairs=3)
        self.assertFalse(result.Verified())
        self.assertEqual(result.peers[0].failed, 'lost a message')
        self.assertEqual(len(result.peers[1].pairs), 3)

    def testFailureOfOursFailsTheCase(self):
        script = Script()
        case = MakeCase(script.Contender('A', [1, NotVerified('lost')]),
                        [script.Contender('B', [2] * 3)])
        result = pairing.RunCase(case, pairs=3)
        self.assertFalse(result.Verified())
        self.assertEqual(result.failed, 'lost')

    def RunWithLimit(self, bare, asio):
        script = Script()
        peers = [script.Contender('bare', [bare] * 3), script.Contender('asio', [asio] * 3)]
        case = MakeCase(script.Contender('A', [10] * 6), peers,
                        limit=('bare', 'asio', 1.3))
        return pairing.RunCase(case, pairs=3)

    def testALimitProgramMustBeOne(self):
        self.assertTrue(self.RunWithLimit(bare=10, asio=13.1).Verified())
        slow = self.RunWithLimit(bare=10, asio=12)
        self.assertFalse(slow.Verified())
        self.assertIn('only 1.20 times better', slow.failed)

    def testACaseStaysBelowAMinute(self):
        script = Script()
        case = MakeCase(script.Contender('A', []), [], run_s_max=5, overhead_s=0.3)
        for contenders in (1, 2, 5, 8):
            seconds = pairing.RunSeconds(case, 5, contenders)
            self.assertLess(5 * contenders * 2 * (seconds + case.overhead_s), 60)


if __name__ == '__main__':
    unittest.main()
