#!/usr/bin/env python3
"""Tests of cpp_text.py."""

import unittest

from tools.check import cpp_text

SOURCE = '''#include "a/b.h"
// #include "not/this.h"
#define LOOP(x) do { x
namespace zokio {

struct Point {
  int x = 0;
  int Sum() const { return x; }
};

template <typename T>
int Long(T value) {
  if (value) {
    const char* text = "} // {";
    return text[0] == '{';
  }
  auto twice = [](int x) {
    return 1'000'000 + x;
  };
  return twice(1);
}

constexpr int kTable[] = {1, 2,
                          3};

}  // namespace zokio
'''


class CppTextTest(unittest.TestCase):

    def testBlankKeepsEveryPosition(self):
        blank = cpp_text.Blank(SOURCE)
        self.assertEqual([len(l) for l in blank.split('\n')], [len(l) for l in SOURCE.split('\n')])
        self.assertNotIn('not/this', blank)
        self.assertNotIn('} // {', blank)
        self.assertIn("1'000'000", blank)

    def testFunctionsAreMeasured(self):
        self.assertEqual(list(cpp_text.Functions(SOURCE)), [('Sum', 8, 1), ('Long', 11, 11)])

    def testIncludes(self):
        self.assertEqual(cpp_text.Includes(SOURCE), ['a/b.h'])


if __name__ == '__main__':
    unittest.main()
