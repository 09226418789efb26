"""The lines that a case prints, and the same as JSON."""

from tools.compare.harness import figures


def _Number(value):
    """At least three digits, never an exponent."""
    if abs(value) >= 1000:
        return '%.0f' % value
    return '%.1f' % value if abs(value) >= 10 else '%.2f' % value


def _Median(values):
    return figures.Quartiles(values)[1]


def _OneWord(text):
    return '_'.join(text.split())


def _PeerFigures(result, series):
    """(ours, theirs, ratio, spread): medians over the pairs with this peer."""
    ratios = figures.PairedRatios(series.pairs, result.case.better)
    return (_Median([ours for ours, _ in series.pairs]), _Median(series.Theirs()), _Median(ratios),
            figures.Spread(ratios))


def PeerLine(result, series):
    """The line of one peer."""
    case = result.case
    tail = 'unit=%s better=%s' % (case.unit, case.better)
    ours = _Number(_Median(result.ours)) if result.ours else 'none'
    if series.missing or series.failed:
        state, why = ('missing', series.missing) if series.missing else ('failed', series.failed)
        return 'case=%s ours=%s peer=%s %s=%s %s' % (
            case.name, ours, series.name, state, _OneWord(why), tail)
    ours, theirs, ratio, spread = _PeerFigures(result, series)
    return 'case=%s ours=%s peer=%s theirs=%s %s ratio=%.2f spread=%.2f' % (
        case.name, _Number(ours), series.name, _Number(theirs), tail, ratio, spread)


def Lines(result):
    """All lines of a case: one per peer, then one of remarks."""
    case = result.case
    lines = [PeerLine(result, s) for s in result.peers if s.pairs or s.missing or s.failed]
    if not result.peers and result.ours:
        lines.append('case=%s ours=%s peer=none unit=%s better=%s' % (
            case.name, _Number(_Median(result.ours)), case.unit, case.better))
    if result.failed:
        lines.append('case=%s failed=%s' % (case.name, _OneWord(result.failed)))
    noise = result.Noise()
    remarks = ['noise=%s' % ('unknown' if noise is None else '%.3f' % noise),
               'runs_verified=%d' % result.runs_verified, 'seconds=%.0f' % result.elapsed_s]
    if result.limit_ratio is not None:
        better, other, bar = case.limit
        remarks.append('%s/%s=%.2f (at least %.2f)' % (better, other, result.limit_ratio, bar))
    return lines + ['# %s: %s' % (case.name, ' '.join(remarks))]


def BestPeer(result):
    """The peer that was best in most rounds; None without one."""
    present = [series for series in result.peers if series.pairs]
    if not present:
        return None
    wins = dict.fromkeys((series.name for series in present), 0)
    for i in range(min(len(series.pairs) for series in present)):
        pick = min if result.case.better == figures.LESS else max
        wins[pick(present, key=lambda series, i=i: series.pairs[i][1]).name] += 1
    return max(wins, key=wins.get)


def _PeerJson(result, series):
    """A peer's part of the JSON."""
    if series.missing:
        return {'peer': series.name, 'missing': series.missing}
    if series.failed:
        return {'peer': series.name, 'failed': series.failed}
    ours, theirs, ratio, spread = _PeerFigures(result, series)
    return {'peer': series.name, 'ours': ours, 'theirs': theirs, 'ratio': round(ratio, 4),
            'spread': round(spread, 4), 'bar': result.case.bars.get(series.name),
            'pairs': series.pairs}


def CaseJson(result):
    """A case as a dictionary for JSON."""
    case = result.case
    return {
        'case': case.name, 'work': case.work, 'unit': case.unit, 'better': case.better,
        'ours': _Median(result.ours) if result.ours else None, 'ours_series': result.ours,
        'noise': result.Noise(), 'best_peer': BestPeer(result), 'bar_best': case.bars.get('best'),
        'peers': [_PeerJson(result, s) for s in result.peers if s.pairs or s.missing or s.failed],
        'limit_ratio': result.limit_ratio, 'verified': result.Verified(), 'failed': result.failed,
        'runs_verified': result.runs_verified, 'seconds': round(result.elapsed_s, 1),
    }
