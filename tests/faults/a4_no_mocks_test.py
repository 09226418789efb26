#!/usr/bin/env python3
"""A4: tests use real files, sockets, clocks and processes; nothing in the tree mocks them."""

import os
import re
import tempfile
import unittest

# A class that stands in for I/O, by the names people give them; gmock for anything.
MOCK = re.compile(r"\bMOCK_METHOD|\bgmock/|\b(class|struct)\s+(Mock|Fake|Stub)\w*")
ROOMS = ("base", "future", "mem", "simd", "sched", "io", "runtime", "actor", "examples", "tests")


def mocks(root):
    found = []
    for room in ROOMS:
        for folder, _, names in os.walk(os.path.join(root, room)):
            for name in names:
                if name.endswith((".cc", ".h")):
                    path = os.path.join(folder, name)
                    with open(path, encoding="utf-8") as file:
                        found += [f"{path}: {m.group(0)}" for m in MOCK.finditer(file.read())]
    return found


class A4NoMocksTest(unittest.TestCase):
    def test_a4_nothing_in_the_tree_is_a_mock(self):
        # The runfiles hold this test only; the tree is where its links point.
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
        self.assertTrue(os.path.isdir(os.path.join(root, "io")), root)
        self.assertEqual(mocks(root), [])

    def test_a4_a_planted_mock_is_caught(self):
        with tempfile.TemporaryDirectory() as root:
            os.mkdir(os.path.join(root, "io"))
            with open(os.path.join(root, "io", "x_test.cc"), "w", encoding="utf-8") as file:
                file.write("class MockReadFuture {};\n")
            self.assertEqual(len(mocks(root)), 1)


if __name__ == "__main__":
    unittest.main()
