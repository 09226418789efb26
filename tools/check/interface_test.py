#!/usr/bin/env python3
"""Tests of the interface check: what a header offers is read, and a silent change is caught."""

import os
import subprocess
import tempfile
import unittest

from tools.check import cpp_interface
from tools.check import graph
from tools.check import interface

HEADER = '''// Words.
#ifndef ZOKIO_MEM_BOX_H_
#define ZOKIO_MEM_BOX_H_
#define ZOKIO_TWICE(x) \\
  ((x) + (x))

namespace zokio {
namespace internal {
struct Hidden { int x; };
}  // namespace internal

class Other;  // forward

enum class Color { kRed, kBlue = 4 };

template <typename T, size_t kSize = 4>
  requires(kSize > 0)
class Box final : public Base<T> {
 public:
  Box(int a, int b) : a_(a), b_{b} { Work(); }
  ~Box() override;
  template <typename F>
    requires requires(F f) { f(1); }
  void Each(F&& f) const {
    for (int i : values_) f(i);
  }
  static constexpr int kMany[] = {1, 2};
  struct Options {
    int size = 8;
  };
  bool operator==(const Box&) const = default;

 private:
  friend class Other;
  void Work();
  int a_, b_;
};

template <typename T>
concept Small = requires(T t) {
  { t.size() } -> std::same_as<int>;
} && sizeof(T) < 9;

inline constexpr int kLimit = 3;
inline int Twice(int x = 2) { return ZOKIO_TWICE(x); }

}  // namespace zokio

#endif  // ZOKIO_MEM_BOX_H_
'''

WANTED = [
    '#define ZOKIO_TWICE(x)',
    'zokio: class Other',
    'zokio: enum class Color { kRed, kBlue = 4 }',
    'zokio: template<typename T, size_t kSize = 4>requires(kSize>0)class Box final '
    ': public Base<T>',
    'zokio::Box: Box(int a, int b)',
    'zokio::Box: ~Box()override',
    'zokio::Box: template<typename F>requires requires(F f){ f(1); } void Each(F&& f)const',
    'zokio::Box: static constexpr int kMany[] = {1, 2}',
    'zokio::Box: struct Options',
    'zokio::Box::Options: int size = 8',
    'zokio::Box: bool operator==(const Box&)const = default',
    'zokio: template<typename T>concept Small = requires(T t){ { t.size()} -> std::same_as<int>; } '
    '&& sizeof(T)<9',
    'zokio: inline constexpr int kLimit = 3',
    'zokio: inline int Twice(int x = 2)',
]


class DeclarationsTest(unittest.TestCase):

    def testPublicDeclarationsAreRead(self):
        got = [line.replace(' ', '') for line in cpp_interface.Declarations(HEADER)]
        self.assertEqual(got, [line.replace(' ', '') for line in WANTED])

    def testBodiesAndPrivatePartsDoNotCount(self):
        same = HEADER.replace('Work(); }', 'Work(); Work(); }').replace('int a_, b_;', 'int c_;')
        self.assertEqual(cpp_interface.Declarations(same), cpp_interface.Declarations(HEADER))

    def testChangesOfTypeNameDefaultAndBaseCount(self):
        for old, new in (('size = 8', 'size = 9'), ('Twice(int x', 'Twice(long x'), ('Each', 'All'),
                         ('public Base<T>', 'public Base<int>'), ('kBlue', 'kGreen')):
            self.assertNotEqual(cpp_interface.Declarations(HEADER.replace(old, new)),
                                cpp_interface.Declarations(HEADER), old)


class InterfaceTest(unittest.TestCase):

    def testOnlyPublicLibrariesAreRendered(self):

        def MakeRule(name, header, testonly=False):
            return graph.Rule(name, 'cc_library', testonly, [], [header], [], [], [])

        rules = {r.name: r for r in (
            MakeRule('//mem:a', '//mem:a.h'), MakeRule('//mem:b', '//mem:b.h'),
            MakeRule('//mem:c', '//mem:c.h', testonly=True),
            MakeRule('//mem/internal:d', '//mem/internal:d.h'))}
        public = {'//mem:a', '//mem:c', '//mem/internal:d'}
        texts = interface.Render(rules, public, lambda path: 'void F();\n')
        self.assertEqual(list(texts), ['docs/interface/mem.txt'])
        self.assertIn('## mem/a.h\nvoid F()', texts['docs/interface/mem.txt'])
        self.assertNotIn('b.h', texts['docs/interface/mem.txt'])

    def testDifferencesAreNamed(self):
        wanted = {'x.txt': 'one\ntwo\n'}
        self.assertEqual(list(interface.Differences(wanted, lambda p: 'one\ntwo\n')), [])
        self.assertEqual(list(interface.Differences(wanted, lambda p: 'one\nold\n')),
                         ['x.txt lacks: two', 'x.txt has what is gone: old'])


class ChangelogTest(unittest.TestCase):

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.Git('init', '-q')
        self.Write('CHANGELOG.md', '1')
        self.Write('docs/interface/mem.txt', '1')
        self.Commit()

    def Git(self, *arguments):
        subprocess.run(('git', '-C', self.folder.name, '-c', 'user.name=t', '-c',
                        'user.email=t@example.org') + arguments, check=True)

    def Write(self, path, text):
        path = os.path.join(self.folder.name, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text)

    def Commit(self):
        self.Git('add', '.')
        self.Git('commit', '-q', '-m', 'x')

    def Faults(self):
        return len(list(interface.ChangelogFaults(self.folder.name)))

    def testChangeWithALinePasses(self):
        self.assertEqual(self.Faults(), 0)
        self.Write('docs/interface/mem.txt', '2')
        self.Write('CHANGELOG.md', '2')
        self.assertEqual(self.Faults(), 0)
        self.Commit()
        self.assertEqual(self.Faults(), 0)

    def testChangeWithoutALineIsCaught(self):
        self.Write('docs/interface/mem.txt', '2')
        self.assertEqual(self.Faults(), 1)
        self.Commit()
        self.assertEqual(self.Faults(), 1)
        self.Write('other', '1')
        self.Commit()
        self.assertEqual(self.Faults(), 1)


if __name__ == '__main__':
    unittest.main()
