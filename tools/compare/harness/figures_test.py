#!/usr/bin/env python3
"""Tests of the arithmetic."""

import random
import unittest

from tools.compare.harness import figures


class FiguresTest(unittest.TestCase):

    def testQuartilesInterpolate(self):
        self.assertEqual(figures.Quartiles([1, 2, 3, 4, 5]), (2, 3, 4))
        self.assertEqual(figures.Quartiles([4, 1, 3, 2]), (1.75, 2.5, 3.25))
        self.assertEqual(figures.Quartiles([7]), (7, 7, 7))

    def testRatioIsHowManyTimesBetterOursIs(self):
        self.assertEqual(figures.Ratio(ours=50, theirs=200, better=figures.LESS), 4)
        self.assertEqual(figures.Ratio(ours=50, theirs=200, better=figures.MORE), 0.25)

    def testPairsCancelWhatBothSuffer(self):
        # The machine halves its speed for the last pairs: no ratio sees it.
        pairs = [(10, 30), (10, 30), (20, 60), (20, 60), (20, 60)]
        ratios = figures.PairedRatios(pairs, figures.LESS)
        self.assertEqual(ratios, [3] * 5)
        self.assertEqual(figures.Spread(ratios), 0)

    def testSpreadIsHalfTheDistanceOfTheQuartiles(self):
        self.assertEqual(figures.Spread([1, 2, 3, 4, 5]), 1)
        # One run disturbed by something else moves neither median nor spread by much.
        self.assertLess(figures.Spread([3.0, 3.01, 3.02, 3.03, 30]), 0.02)

    def testNoiseIsTheErrorOfOnePair(self):
        self.assertIsNone(figures.Noise([1]))
        self.assertEqual(figures.Noise([5, 5, 5, 5]), 0)
        self.assertAlmostEqual(figures.Noise([100, 110, 100, 110, 100]), 0.0955, places=3)

    def testNoiseFindsTheScatterOfASeries(self):
        source = random.Random(1)
        series = [100 * (1 + source.gauss(0, 0.02)) for _ in range(400)]
        # Neighbours differ by 0.02 * sqrt(2) * 0.6745 in the median.
        self.assertAlmostEqual(figures.Noise(series), 0.0191, delta=0.004)

    def testNoiseIgnoresSlowDrift(self):
        drift = [100 * 1.001**i for i in range(50)]
        self.assertLess(figures.Noise(drift), 0.0011)


if __name__ == '__main__':
    unittest.main()
