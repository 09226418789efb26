#!/usr/bin/env python3
"""The programs in docs/guide/futures.md are those of guide_test.cc, which are compiled and run."""

import re
import unittest


class GuideTextTest(unittest.TestCase):
    def test_each_printed_program_is_a_compiled_one(self):
        with open("docs/guide/futures.md", encoding="utf-8") as file:
            printed = re.findall(r"```cpp\n(.*?)```", file.read(), re.S)
        with open("future/guide_test.cc", encoding="utf-8") as file:
            compiled = file.read()
        self.assertGreater(len(printed), 10)
        for program in printed:
            self.assertIn(program, compiled)


if __name__ == "__main__":
    unittest.main()
