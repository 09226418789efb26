"""The declarations that a header offers to its users, read from its text.

Left out: comments, bodies, initializer lists, what is private, friends, and namespaces called
internal, *_internal, detail, model or nothing. What stays is one line for each declaration, with
the scope it stands in; so a change of a name, type, default or base is a change of a line.
"""

import re

from tools.check import cpp_text

_HIDDEN = re.compile(r'(\w*internal|detail|model|no_threads)?$')
_ACCESS = re.compile(r'\s*(public|protected|private)\s*:(?!:)')
_REQUIRES = re.compile(r'\brequires\s*(\((?:[^()]|\([^()]*\))*\))?\s*$')


def _Normal(text):
    """One line; where clang-format broke it does not show."""
    text = re.sub(r'\s+', ' ', text).strip()
    return re.sub(r'\s+([),;])', r'\1', re.sub(r'(\(|(?<=\w)<)\s+(?=[\w:])', r'\1', text))


def _Closing(text, position):
    """The index of the brace that closes the one at `position`."""
    depth = 0
    for match in re.finditer(r'[{}]', text[position:]):
        depth += 1 if match.group(0) == '{' else -1
        if depth == 0:
            return position + match.start()
    return len(text) - 1


def _WithoutInitializers(head):
    """`Foo(int a) : a_(a)` -> `Foo(int a)`."""
    depth = 0
    closed = False
    for index, char in enumerate(head):
        if char in '(<':
            depth += char == '('
        elif char == ')':
            depth -= 1
            closed = depth == 0
        elif (char == ':' and closed and depth == 0 and head[index - 1] != ':' and
              head[index + 1:index + 2] != ':'):
            return head[:index]
    return head


class _Reader:

    def __init__(self, text):
        text = cpp_text.Blank(text, keep_strings=True)
        macros = re.findall(r'^[ \t]*#[ \t]*define[ \t]+(ZOKIO_\w+(?:\([^)]*\))?)', text,
                            re.MULTILINE)
        self.lines = ['#define ' + m for m in macros if not m.endswith('_H_')]
        self.text = re.sub(r'^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', '', text, flags=re.MULTILINE)

    def Emit(self, scope, declaration, visible):
        declaration = _Normal(declaration)
        if visible and declaration and not re.match(r'(friend|static_assert|template<>$)\b',
                                                    declaration):
            self.lines.append((scope + ': ' if scope else '') + declaration)

    def Read(self, position, end, scope, access):
        """Reads the declarations of text[position:end]; `access` is '' outside of classes."""
        start = position
        while position < end:
            match = re.compile(r'[{;]').search(self.text, position, end)
            if match is None:
                return
            head = self.text[start:match.start()]
            label = _ACCESS.match(head)
            if label:
                access = label.group(1)
                start += label.end()
                continue
            visible = access != 'private'
            if match.group(0) == ';':
                self.Emit(scope, head, visible)
                start = position = match.end()
                continue
            close = _Closing(self.text, match.start())
            position = close + 1
            if not _REQUIRES.search(head):
                start, position = self.Block(head, match.start(), close, scope, visible, start)

    def Block(self, head, opening, close, scope, visible, start):
        """Handles `head { ... }`; returns where the next declaration starts, and where to look."""
        bare = cpp_text.Bare(head)
        after = close + 1
        namespace = re.match(r'(?:inline )?namespace\s*([\w:]*)', bare)
        if namespace:
            if not _HIDDEN.match(namespace.group(1).rpartition(':')[2]):
                inner = (scope + '::' if scope else '') + namespace.group(1)
                self.Read(opening + 1, close, inner, '')
            return after, after
        kind = cpp_text.ClassHead(bare)
        if kind:
            name = re.sub(r'\[\[.*?\]\]|alignas\([^)]*\)|\bfinal\b', '', kind.group('rest'))
            name = re.split(r':(?!:)', name)[0].strip()
            self.Emit(scope, head, visible)
            if visible:
                self.Read(opening + 1, close, (scope + '::' if scope else '') + _Normal(name),
                          'private' if kind.group('key') == 'class' else 'public')
            semicolon = self.text.find(';', close)
            return semicolon + 1, semicolon + 1
        if re.match(r'enum\b', bare):
            self.Emit(scope, head + ' {' + self.text[opening + 1:close] + '}', visible)
            semicolon = self.text.find(';', close)
            return semicolon + 1, semicolon + 1
        if ')' in bare and not re.search(r'(^|[^=<>!])=\s*[^=()]*$', bare):
            following = self.text[after:].lstrip()[:1]
            if following in ('{', ','):  # a brace in an initializer list: the body is still to come
                return start, after
            self.Emit(scope, _WithoutInitializers(head), visible)
            return after, after
        return start, after  # an initializer or a requires-expression: up to the semicolon


def Declarations(text):
    """The lines of one header."""
    reader = _Reader(text)
    reader.Read(0, len(reader.text), '', '')
    return reader.lines
