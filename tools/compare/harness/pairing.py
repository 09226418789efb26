"""Runs ours and each peer in turn: A B A B ..."""

import dataclasses
import time
from typing import Optional

from tools.compare.harness import figures
from tools.compare.harness.outcome import Missing, NotVerified

# Case alone, all in: below a minute.
CASE_S = 50.0


@dataclasses.dataclass
class PeerSeries:
    """What was measured of one peer, pair by pair."""
    name: str
    pairs: list = dataclasses.field(default_factory=list)
    missing: Optional[str] = None
    failed: Optional[str] = None

    def Theirs(self):
        return [theirs for _, theirs in self.pairs]


@dataclasses.dataclass
class CaseResult:
    """What was measured of one case. `ours` is in the order of time."""
    case: object
    ours: list = dataclasses.field(default_factory=list)
    peers: list = dataclasses.field(default_factory=list)
    failed: Optional[str] = None
    limit_ratio: Optional[float] = None
    runs_verified: int = 0
    elapsed_s: float = 0.0

    def Verified(self):
        return not self.failed and not any(peer.failed for peer in self.peers)

    def Noise(self):
        return figures.Noise(self.ours)


def RunSeconds(case, pairs, contenders):
    """Seconds that each run may measure for, so that the case stays below a minute."""
    runs = pairs * max(1, contenders) * 2
    return max(0.1, min(case.run_s_max, CASE_S / runs - case.overhead_s))


def _Prepare(case):
    """Returns (ours prepared, [(contender, prepared, series)] of the peers that are there)."""
    ready = []
    series = []
    for peer in case.peers:
        series.append(PeerSeries(peer.name))
        try:
            ready.append((peer, peer.prepare(), series[-1]))
        except Missing as missing:
            series[-1].missing = str(missing)
    return case.ours.prepare(), ready, series


def _MeasureOurs(result, prepared, seconds):
    measurement = result.case.ours.measure(prepared, seconds)
    result.ours.append(measurement.value)
    result.runs_verified += 1
    return measurement.value


def _MeasurePairs(result, ours, ready, pairs, quick):
    """Fills in the series; a peer that fails is left out from then on."""
    seconds = RunSeconds(result.case, pairs, len(ready)) / (2 if quick else 1)
    for _ in range(pairs):
        if not ready:
            _MeasureOurs(result, ours, seconds)
        for peer, prepared, series in ready:
            if series.failed:
                continue
            value = _MeasureOurs(result, ours, seconds)
            try:
                theirs = peer.measure(prepared, seconds)
            except NotVerified as reason:
                series.failed = str(reason)
                continue
            result.runs_verified += 1
            series.pairs.append((value, theirs.value))


def LimitRatio(result, better_name, other_name):
    """How many times better one peer is than another: the median of the rounds, or None."""
    by_name = {series.name: series for series in result.peers}
    rounds = list(zip(by_name[better_name].Theirs(), by_name[other_name].Theirs()))
    if not rounds:
        return None
    return figures.Quartiles(figures.PairedRatios(rounds, result.case.better))[1]


def _CheckLimit(result):
    """The demand that a case makes on its limit program, less the noise of this run."""
    if result.case.limit is None or not result.Verified():
        return
    better, other, bar = result.case.limit
    result.limit_ratio = LimitRatio(result, better, other)
    if result.limit_ratio is None:
        return
    if result.limit_ratio < bar * (1 - min(0.03, result.Noise() or 0)):
        result.failed = '%s is only %.2f times better than %s, not %.2f: it is no limit' % (
            better, result.limit_ratio, other, bar)


def RunCase(case, pairs, quick=False):
    """Measures a case in so many pairs."""
    start = time.monotonic()
    result = CaseResult(case)
    try:
        ours, ready, result.peers = _Prepare(case)
        _MeasurePairs(result, ours, ready, pairs, quick)
        _CheckLimit(result)
    except NotVerified as reason:
        result.failed = str(reason)
    except Missing as package:
        result.failed = 'missing %s' % package
    result.elapsed_s = time.monotonic() - start
    return result
