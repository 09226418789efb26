"""The rules of tidy.py that look at the tree as a whole: packages, headers, dead files, READMEs."""

import os
import re

from tools.check import graph
from tools.check import tidy_rules
from tools.check.tidy_rules import Fault

README_LINES_MAX = 60
TOP_README_LINES_MAX = 120


def Packages(files, read):
    """Every room has a README of bounded length, tests, and benchmarks."""
    for room in tidy_rules.ROOMS:
        own = [f for f in files if f.startswith(room + '/')]
        if not own:
            continue
        readme = room + '/README.md'
        if readme not in files:
            yield Fault('package', room, None, '%s: no README.md' % room)
        for suffix in ('_test.cc',) + (('_benchmark.cc',) if room != 'base' else ()):
            if not any(f.endswith(suffix) for f in own):
                yield Fault('package', room, None, '%s: no *%s' % (room, suffix))
    for file in files:
        if os.path.basename(file) == 'README.md':
            limit = README_LINES_MAX if '/' in file else TOP_README_LINES_MAX
            lines = read(file).count('\n')
            if lines > limit:
                yield Fault('readme-length', file, lines,
                            '%s: %d lines, %d at most' % (file, lines, limit))


def DeadFiles(files, rules):
    """Every source file belongs to a target, every header to one library only."""
    used = set()
    owners = {}
    for rule in rules.values():
        used.update(graph.PathOf(label) for label in rule.inputs if label.startswith('//'))
        if rule.kind == 'cc_library':
            for label in rule.hdrs:
                owners.setdefault(graph.PathOf(label), []).append(rule.name)
    for file in files:
        if file.startswith('tests/downstream/'):
            continue  # a workspace of its own
        if file.endswith(('.h', '.cc', '.S', '.c')) and file not in used:
            yield Fault('dead-file', file, None, '%s: no target uses it' % file)
        if len(owners.get(file, [])) > 1:
            yield Fault('two-owners', file, None,
                        '%s: in the hdrs of %s' % (file, ' and '.join(sorted(owners[file]))))


_LABEL = re.compile(r'(?<![:\w])(?:@zokio)?(//[\w/.\-]*(?::[\w.\-/]+)?)')
_SCRIPT = re.compile(r'(?:^|[\s`(])((?:\./|tools/|\.ci/)[\w\-./]+)')


def _LabelExists(label, rules, folders, tree):
    if label.endswith('...'):
        return label[2:].rstrip('.').rstrip('/') in folders | {''}
    package, _, name = label[2:].partition(':')
    if name == 'all':
        return package in folders
    target = name or package.rpartition('/')[2]
    return '//%s:%s' % (package, target) in rules or '%s/%s' % (package, target) in tree


def Readmes(files, read, rules):
    """Labels and scripts that the documents name exist."""
    tree = set(files)
    folders = {os.path.dirname(f) for f in files}
    folders |= {os.path.dirname(f) for f in folders} | {f.partition('/')[0] for f in files}
    for file in files:
        if not file.endswith('.md') or file.startswith('tests/downstream/'):
            continue
        text = re.sub(r'https?://\S+', '', read(file))
        for label in sorted(set(_LABEL.findall(text))):
            label = label.rstrip('.') if not label.endswith('...') else label
            if re.match(r'//\w', label) and not _LabelExists(label, rules, folders, tree):
                yield Fault('readme-label', file, None, '%s: there is no %s' % (file, label))
        for script in sorted(set(_SCRIPT.findall(text))):
            path = os.path.normpath(script.rstrip('.'))
            if path not in tree and path not in folders and path != 'tools':
                yield Fault('readme-script', file, None, '%s: there is no %s' % (file, script))


def HeadersToCompile(files, read):
    """Headers that no source file of their name includes first: those are compiled alone."""
    proven = {tidy_rules.MainInclude(f, read(f)) for f in files if f.endswith('.cc')}
    return [f for f in files
            if f.endswith('.h') and not f.endswith('-inl.h') and f not in proven]
