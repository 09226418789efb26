#!/usr/bin/env python3
"""Every piece of code in docs/guide/io.md is part of io/guide_test.cc, which is compiled."""

import re
import unittest


class GuideDocumentTest(unittest.TestCase):
    def test_each_piece_is_compiled(self):
        with open("docs/guide/io.md", encoding="utf-8") as file:
            pieces = re.findall(r"```cpp\n(.*?)```", file.read(), re.S)
        with open("io/guide_test.cc", encoding="utf-8") as file:
            program = file.read()
        self.assertGreaterEqual(len(pieces), 7)
        for piece in pieces:
            self.assertIn(piece, program)


if __name__ == "__main__":
    unittest.main()
