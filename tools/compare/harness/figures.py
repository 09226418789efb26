"""The arithmetic of a comparison: medians, quartiles, paired ratios, noise."""

import statistics

LESS = 'less'  # a smaller figure is better
MORE = 'more'


def Quartiles(values):
    """Returns (first, median, third), interpolated between neighbours, of one value or more."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    first, median, third = statistics.quantiles(values, n=4, method='inclusive')
    return first, median, third


def Ratio(ours, theirs, better):
    """How many times better `ours` is than `theirs`."""
    return theirs / ours if better == LESS else ours / theirs


def PairedRatios(pairs, better):
    """The ratio of each (ours, theirs) pair: what was measured next to one another."""
    return [Ratio(ours, theirs, better) for ours, theirs in pairs]


def Spread(ratios):
    """Half the distance between the quartiles."""
    first, _, third = Quartiles(ratios)
    return (third - first) / 2


def Noise(series):
    """How far two runs of the same program, one after the other, typically differ.

    The median of |b / a - 1| over neighbours of a series in the order it was measured: the error of
    one pair when there is nothing to find. None when there are no two.
    """
    if len(series) < 2:
        return None
    return statistics.median(abs(b / a - 1) for a, b in zip(series, series[1:]))
