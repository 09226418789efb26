"""Reading C++ as text, as far as the checks need it: comments and strings blanked, blocks found."""

import re

_TOKEN = re.compile(
    r'''//[^\n]*|/\*.*?\*/|R"([^()\\ ]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*\'''',
    re.DOTALL)


def Blank(text, keep_strings=False):
    """Comments (and strings) replaced by spaces; every line and column stays where it was."""

    def Replace(match):
        token = match.group(0)
        if token[0] != '/' and keep_strings:
            return token
        # 1'000'000 is no character literal.
        if token[0] == "'" and match.start() and text[match.start() - 1].isalnum():
            return token
        spaces = re.sub(r'[^\n]', ' ', token)
        return spaces if token[0] == '/' else token[0] + spaces[2:] + token[-1]

    return _TOKEN.sub(Replace, text)


_TEMPLATE = re.compile(r'\btemplate\s*<(?:[^<>]|<(?:[^<>]|<[^<>]*>)*>)*>')
_CLASS = re.compile(r'(?:requires\b(?:(?!\b(?:class|struct|union)\b).)*)?'
                    r'(?P<key>class|struct|union)\b(?P<rest>[^=]*)$', re.DOTALL)


def Bare(head):
    """The head of a block without access labels and template parameters."""
    head = re.sub(r'\b(public|private|protected)\s*:(?!:)', '', head)
    return _TEMPLATE.sub('', head).strip()


def ClassHead(bare):
    """A match (key, rest) where a bare head opens a class."""
    return _CLASS.match(bare)


def _Kind(head):
    """What the block that `head` opens is: 'scope', 'function' or 'other'."""
    bare = Bare(head)
    if ClassHead(bare) or re.match(r'(inline )?namespace\b|enum\b|extern\s+"', bare):
        return 'scope'
    return 'function' if ')' in bare else 'other'


def _Name(head):
    """A name for the function that `head` opens: `Push`, `Queue::Push`, `TEST(A, B)`."""
    test = re.search(r'\b(\w*TEST\w*)\s*\(([^()]*)\)', head)
    if test:
        return '%s(%s)' % (test.group(1), ','.join(a.strip() for a in test.group(2).split(',')))
    names = [n for n in re.findall(r'([\w:~]+)\s*\(', head)
             if n not in ('requires', 'noexcept', 'decltype', 'explicit', 'alignas')]
    return names[0] if names else 'lambda'


def Functions(text):
    """Yields (name, first_line, lines) of each outermost function body and its head."""
    blank = Blank(text)
    # Directives hold braces that need not pair (macros); blank them with their continuations.
    blank = re.sub(r'^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', lambda m: re.sub(r'[^\n]', ' ', m.group(0)),
                   blank, flags=re.MULTILINE)
    stack = []
    start = 0
    for match in re.finditer(r'[{};]', blank):
        position = match.start()
        inside = any(kind == 'function' for kind, _, _ in stack)
        if match.group(0) == '{':
            head = blank[start:position]
            kind = 'other' if inside else _Kind(head)
            # The head's first line that says something is where a reader sees it begin.
            begin = start + len(head) - len(head.lstrip())
            stack.append((kind, begin, head))
        elif match.group(0) == '}' and stack:
            kind, begin, head = stack.pop()
            if kind == 'function':
                first = blank.count('\n', 0, begin) + 1
                yield _Name(head), first, blank.count('\n', begin, position) + 1
        if not inside or match.group(0) != ';':
            start = position + 1


def Includes(text):
    """The included paths, in order."""
    return re.findall(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', Blank(text, True),
                      re.MULTILINE)
