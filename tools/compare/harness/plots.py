"""A page with one plot per case, a dot for every run. No script, nothing fetched."""

import html

WIDTH = 640
LEFT = 120
RIGHT = 90
ROW = 26

STYLE = '''
body { font: 15px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem;
       color: #1c2330; background: #fcfcfa; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 2.2rem 0 0; }
p { margin: 0.2rem 0 0.6rem; color: #5a6474; }
svg { width: 100%; height: auto; font: 13px system-ui, sans-serif; }
text { fill: #1c2330; } .ratio { font-weight: 600; } .axis { stroke: #c8ccd2; }
.ours { fill: #0b6e5f; } .peer { fill: #b4632a; } .tick { fill: #5a6474; font-size: 11px; }
.median { stroke: currentColor; stroke-width: 2; }
@media (prefers-color-scheme: dark) {
  body { color: #e4e7ec; background: #14181f; } p, .tick { color: #98a2b3; fill: #98a2b3; }
  text { fill: #e4e7ec; } .axis { stroke: #3a4252; }
  .ours { fill: #4cc2ad; } .peer { fill: #e39a63; }
}
'''


def _Text(x, y, text, css='', anchor='start'):
    return '<text x="%.1f" y="%.1f" class="%s" text-anchor="%s">%s</text>' % (
        x, y, css, anchor, html.escape(text))


def _Row(index, name, values, right, css, scale):
    """One contender: its name, a dot per run, a bar at the median, what is to say of it."""
    middle = 8 + index * ROW + ROW / 2
    parts = [_Text(LEFT - 10, middle + 4, name, anchor='end'),
             '<line class="axis" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/>' % (
                 LEFT, WIDTH - RIGHT, middle, middle)]
    for value in values:
        parts.append('<circle class="%s" cx="%.1f" cy="%.1f" r="4" fill-opacity="0.55">'
                     '<title>%.4g</title></circle>' % (css, scale(value), middle, value))
    if values:
        median = scale(sorted(values)[len(values) // 2])
        parts.append('<line class="median" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>' % (
            median, median, middle - 8, middle + 8))
    parts.append(_Text(WIDTH - RIGHT + 10, middle + 4, right, 'ratio'))
    return ''.join(parts)


def _Rows(case):
    """(name, values, text at the right, css) of ours and of each peer."""
    rows = [('ours', case['ours_series'], '', 'ours')]
    for peer in case['peers']:
        if 'pairs' in peer:
            rows.append((peer['peer'], [theirs for _, theirs in peer['pairs']],
                         '%.2f ×' % peer['ratio'], 'peer'))
        else:
            rows.append((peer['peer'], [], 'missing' if 'missing' in peer else 'failed', 'peer'))
    return rows


def Plot(case):
    """The SVG of a case; the axis starts at zero."""
    rows = _Rows(case)
    largest = max([value for _, values, _, _ in rows for value in values] or [1])
    span = WIDTH - RIGHT - LEFT

    def Scale(value):
        return LEFT + span * value / largest

    height = 8 + len(rows) * ROW + 22
    parts = [_Row(i, *row, Scale) for i, row in enumerate(rows)]
    parts.append(_Text(LEFT, height - 4, '0', 'tick'))
    end = '%.4g %s' % (largest, case['unit'])
    parts.append(_Text(WIDTH - RIGHT, height - 4, end, 'tick', 'end'))
    return '<svg viewBox="0 0 %d %d" role="img">%s</svg>' % (WIDTH, height, ''.join(parts))


def _Section(case):
    noise = 'unknown' if case['noise'] is None else '%.1f %%' % (100 * case['noise'])
    verdict = 'all runs verified' if case['verified'] else 'not verified: %s' % (
        case['failed'] or 'a peer failed')
    return '<h2>%s</h2><p>%s; %s is better. Noise of ours against itself %s; %s.</p>%s' % (
        html.escape(case['case']), html.escape(case['work']), html.escape(case['better']), noise,
        html.escape(verdict), Plot(case))


def Page(document):
    """The whole page for what --json prints."""
    facts = ', '.join('%s %s' % item for item in document['machine'].items())
    return ('<!doctype html><html lang="en"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width"><title>Zokio and its peers</title>'
            '<style>%s</style><h1>Zokio and its peers</h1>'
            '<p>%s. The figure at the right is how many times better ours is: the median of the '
            'paired runs. A dot is a run, the bar their median.</p>%s</html>\n' % (
                STYLE, html.escape(facts), ''.join(_Section(case) for case in document['cases'])))
