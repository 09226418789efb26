"""The rules of tidy.py for single files: each takes a path and its text, and yields faults.

A fault is (rule, subject, value, message): `subject` is what tidy_exceptions.txt may name, `value`
the measure that an exception may cap, or None.
"""

import collections
import os
import re

from tools.check import cpp_text

Fault = collections.namedtuple('Fault', 'rule subject value message')

COLUMNS_MAX = 100
FILE_LINES_MAX = 400
TEST_LINES_MAX = 600
FUNCTION_LINES_MAX = 70

ROOMS = ('base', 'future', 'mem', 'simd', 'sched', 'io', 'runtime', 'actor')
_IN_ROOMS = r'(future|mem|simd|sched|io|runtime|actor)/'
_TEST = r'(_test\.cc$|^tests/)'

# rule, where it holds (regex of the path), what is refused, why.
_FORBIDDEN = [
    ('absl-mutex', r'', r'\babsl::(Mutex|MutexLock|Notification|CondVar)\b',
     'ThreadSanitizer does not understand it; take the seams of base'),
    ('fence', r'(?!base/)', r'\batomic_thread_fence\b',
     'ordering stands on the atomics; fences live in base only'),
    ('raw-atomic', _IN_ROOMS, r'\bstd::atomic(?!_thread_fence)\w*\b',
     'use zokio::Atomic (base/atomic.h)'),
    ('raw-lock', _IN_ROOMS,
     r'\bstd::(mutex|recursive_mutex|shared_mutex|timed_mutex|condition_variable\w*)\b',
     'use zokio::Mutex and CondVar (base/mutex.h)'),
    ('raw-thread', _IN_ROOMS, r'\bstd::(thread|jthread|async)\b',
     'use zokio::Thread (base/thread.h)'),
    ('raw-thread-local', _IN_ROOMS, r'(?<![:\w])thread_local\b',
     'use zokio::ThreadLocal (base/thread_local.h)'),
    ('raw-clock', _IN_ROOMS, r'\bstd::chrono::\w*clock\b', 'use zokio::Clock (base/clock.h)'),
    ('fixed-sleep', _TEST, r'\b(sleep_for|sleep_until|usleep|nanosleep|absl::SleepFor)\s*\(',
     'wait on an event, not on time'),
    ('spin-yield', r'(future|mem|sched|io|runtime|actor)/', r'\b(this_thread::yield|sched_yield)\b',
     'a wait is ended by a waker'),
    ('silent-skip', r'', r'GTEST_SKIP\(\)\s*;', 'say why the test is skipped'),
    ('left-undone', r'', r'\b(TODO|FIXME|XXX)\b', 'finish it or write it into an issue'),
    ('using-namespace', r'', r'^\s*using namespace (?!std::\w*literals)',
     'name what is used'),
]


def Columns(path, text):
    for number, line in enumerate(text.split('\n'), 1):
        if len(line) > COLUMNS_MAX and 'http' not in line:
            yield Fault('columns', path, len(line),
                        '%s:%d: %d columns' % (path, number, len(line)))


def Whitespace(path, text):
    for number, line in enumerate(text.split('\n'), 1):
        if line != line.rstrip() or '\t' in line:
            yield Fault('whitespace', path, None,
                        '%s:%d: a tab, or blanks at the end' % (path, number))
    if text and (not text.endswith('\n') or text.endswith('\n\n')):
        yield Fault('whitespace', path, None, '%s: must end with one newline' % path)


def Lengths(path, text):
    if os.path.basename(path) == 'BUILD':
        return  # a list of targets, read by searching
    lines = text.count('\n')
    limit = TEST_LINES_MAX if re.search(_TEST, path) else FILE_LINES_MAX
    if lines > limit:
        yield Fault('file-length', path, lines, '%s: %d lines, %d at most' % (path, lines, limit))
    if not path.endswith(('.h', '.cc')):
        return
    for name, first, count in cpp_text.Functions(text):
        if count > FUNCTION_LINES_MAX:
            yield Fault('function-length', '%s:%s' % (path, name), count,
                        '%s:%d: %s has %d lines, %d at most' %
                        (path, first, name, count, FUNCTION_LINES_MAX))


def HeaderGuard(path, text):
    if not path.endswith('.h') or path.endswith('-inl.h'):
        return
    guard = 'ZOKIO_' + re.sub(r'[^A-Z0-9]', '_', path.upper()) + '_'
    found = re.findall(r'^#(?:ifndef|define) (\w+)$', text, re.MULTILINE)[:2]
    if found != [guard, guard] or not text.rstrip().endswith('#endif  // ' + guard):
        yield Fault('header-guard', path, None, '%s: the guard must be %s' % (path, guard))


def Forbidden(path, text):
    code = cpp_text.Blank(text)
    for rule, where, pattern, why in _FORBIDDEN:
        if not re.match(where, path) and not (where == _TEST and re.search(where, path)):
            continue
        # What is left undone is said in comments.
        searched = text if rule == 'left-undone' else code
        for match in re.finditer(pattern, searched, re.MULTILINE):
            line = searched.count('\n', 0, match.start()) + 1
            yield Fault(rule, path, None, '%s:%d: %s: %s' %
                        (path, line, match.group(0).strip(), why))


def MainInclude(path, text):
    """The header that `x.cc`, `x_test.cc`, ... include first, which proves it self-contained."""
    includes = cpp_text.Includes(text)
    stem = re.sub(r'_(test|benchmark|fuzz_test|fuzz)$', '', os.path.splitext(path)[0])
    return includes[0] if includes and includes[0] == stem + '.h' else None


CPP_RULES = (Columns, Whitespace, Lengths, HeaderGuard, Forbidden)
SCRIPT_RULES = (Columns, Whitespace, Lengths)


def CheckFile(path, text):
    """All faults of one file."""
    name = os.path.basename(path)
    if path.endswith(('.h', '.cc')):
        rules = CPP_RULES
    elif path.endswith(('.py', '.bzl', '.sh')) or name == 'BUILD':
        rules = SCRIPT_RULES
    else:
        return []
    return [fault for rule in rules for fault in rule(path, text)]
