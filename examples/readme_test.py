#!/usr/bin/env python3
"""The program in README.md is examples/readme.cc, which is compiled."""

import re
import unittest


class ReadmeTest(unittest.TestCase):
    def test_the_printed_program_is_the_compiled_one(self):
        with open("README.md", encoding="utf-8") as file:
            printed = re.search(r"```cpp\n(.*?)```", file.read(), re.S).group(1)
        with open("examples/readme.cc", encoding="utf-8") as file:
            self.assertTrue(file.read().endswith(printed))

    def test_the_programs_it_names_exist(self):
        with open("README.md", encoding="utf-8") as file:
            named = set(re.findall(r"//examples:(\w+)", file.read()))
        with open("examples/BUILD", encoding="utf-8") as file:
            build = file.read()
        self.assertTrue(named)
        for name in named:
            self.assertIn(f'name = "{name}"', build)


if __name__ == "__main__":
    unittest.main()
