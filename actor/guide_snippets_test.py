#!/usr/bin/env python3
"""Each snippet of docs/guide/actors.md stands in actor/guide_test.cc, which is compiled and run."""

import re
import unittest


class GuideTest(unittest.TestCase):
    def test_each_snippet_is_compiled(self):
        with open("docs/guide/actors.md", encoding="utf-8") as file:
            snippets = re.findall(r"```cpp\n(.*?)```", file.read(), re.S)
        with open("actor/guide_test.cc", encoding="utf-8") as file:
            compiled = file.read()
        self.assertGreater(len(snippets), 4)
        for snippet in snippets:
            self.assertIn(snippet, compiled)


if __name__ == "__main__":
    unittest.main()
