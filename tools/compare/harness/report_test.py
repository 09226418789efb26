#!/usr/bin/env python3
"""Tests of what is printed: the line's form is a contract."""

import json
import re
import unittest

from tools.compare.harness import figures, plots, report
from tools.compare.harness.case import Case, Contender
from tools.compare.harness.pairing import CaseResult, PeerSeries

LINE = re.compile(r'case=\S+ ours=[\d.]+ peer=\S+ theirs=[\d.]+ unit=\S+ better=(less|more) '
                  r'ratio=\d+\.\d\d spread=\d+\.\d\d')


def MakeResult(peers, ours=(52.1, 52.1, 52.1), better=figures.LESS, name='spawn_inside', **kwargs):
    nobody = Contender('', None, None)
    case = Case(name=name, work='w', unit='ns', better=better, ours=nobody,
                peers=[nobody] * len(peers))
    return CaseResult(case, ours=list(ours), peers=peers, **kwargs)


class ReportTest(unittest.TestCase):

    def testTheLineIsAsAgreed(self):
        series = PeerSeries('tokio-1.24', pairs=[(52.1, 190.2)] * 3)
        self.assertEqual(report.PeerLine(MakeResult([series]), series),
                         'case=spawn_inside ours=52.1 peer=tokio-1.24 theirs=190.2 unit=ns '
                         'better=less ratio=3.65 spread=0.00')

    def testEveryMagnitudeFitsTheForm(self):
        for ours, theirs in ((0.5, 0.75), (7, 12345678.9), (999.96, 1000), (200000, 3)):
            series = PeerSeries('x', pairs=[(ours, theirs)] * 3)
            line = report.PeerLine(MakeResult([series], ours=[ours] * 3), series)
            self.assertTrue(LINE.fullmatch(line), line)

    def testRatioIsTheMedianOfPairsAndNotTheRatioOfMedians(self):
        series = PeerSeries('x', pairs=[(10, 20), (10, 20), (40, 100), (40, 100), (40, 100)])
        line = report.PeerLine(MakeResult([series]), series)
        self.assertIn('ratio=2.50', line)

    def testMoreIsBetterTurnsTheRatioRound(self):
        series = PeerSeries('nginx', pairs=[(300, 200)] * 3)
        result = MakeResult([series], better=figures.MORE)
        self.assertIn('better=more ratio=1.50', report.PeerLine(result, series))

    def testNamesWhatIsMissingAndWhatFailed(self):
        missing = PeerSeries('tbb', missing='libtbb-dev')
        failed = PeerSeries('tokio-1.24', failed='lost a message', pairs=[(1, 2)])
        lines = report.Lines(MakeResult([missing, failed]))
        self.assertEqual(lines[0], 'case=spawn_inside ours=52.1 peer=tbb missing=libtbb-dev '
                         'unit=ns better=less')
        self.assertIn('peer=tokio-1.24 failed=lost_a_message', lines[1])

    def testWithoutAPeerSaysSo(self):
        lines = report.Lines(MakeResult([], name='floor_turn'))
        self.assertEqual(lines[0], 'case=floor_turn ours=52.1 peer=none unit=ns better=less')

    def testPrintsTheNoise(self):
        series = PeerSeries('x', pairs=[(100, 200)] * 3)
        lines = report.Lines(MakeResult([series], ours=[100, 110, 100]))
        self.assertTrue(lines[-1].startswith('# '))
        self.assertIn('noise=0.095', lines[-1])

    def testTheBestPeerIsTheOneThatWasBestInMostPairs(self):
        fast = PeerSeries('fast', pairs=[(1, 10), (1, 10), (1, 90)])
        slow = PeerSeries('slow', pairs=[(1, 20), (1, 20), (1, 20)])
        self.assertEqual(report.BestPeer(MakeResult([slow, fast])), 'fast')
        self.assertEqual(report.BestPeer(MakeResult([slow, fast], better=figures.MORE)), 'slow')
        self.assertIsNone(report.BestPeer(MakeResult([PeerSeries('x', missing='p')])))

    def testJsonAndPageHoldEveryPair(self):
        series = PeerSeries('a<b', pairs=[(10, 21), (10, 22), (10, 23)])
        result = MakeResult([series, PeerSeries('gone', missing='p')], ours=[10, 10, 10])
        document = {'machine': {'cores': 2}, 'cases': [report.CaseJson(result)]}
        read = json.loads(json.dumps(document))
        self.assertEqual(read['cases'][0]['peers'][0]['pairs'], [[10, 21], [10, 22], [10, 23]])
        self.assertEqual(read['cases'][0]['peers'][0]['ratio'], 2.2)
        page = plots.Page(document)
        self.assertEqual(page.count('<circle'), 6)
        self.assertIn('a&lt;b', page)
        self.assertNotRegex(page, r'<script|https?://')


if __name__ == '__main__':
    unittest.main()
