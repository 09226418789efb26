#!/usr/bin/env python3
"""A5: every benchmark proves that the work happened. "Infinite ops/s" came from one that did not.

A benchmark must be able to fail: its source, or a header of ours that it includes, reports a wrong
count or checksum by SkipWithError. (That the harness catches peers that do no work is shown in
tools/compare/harness/faults_test.py.)
"""

import os
import re
import tempfile
import unittest

INCLUDE = re.compile(r'^#include "([^"]+)"', re.M)


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def can_fail(root, path):
    text = text_of(path)
    for header in INCLUDE.findall(text):
        full = os.path.join(root, header)
        if "bench" in header and os.path.exists(full):
            source = full[:-2] + ".cc"
            text += text_of(full) + (text_of(source) if os.path.exists(source) else "")
    if "benchmark/benchmark.h" in text or "BENCHMARK(" in text:
        return "SkipWithError" in text
    return "std::exit(1)" in text  # a program of its own


def benchmarks(root):
    for folder, names, files in os.walk(root):
        names[:] = [n for n in names if not n.startswith((".", "bazel-"))]
        for name in files:
            if name.endswith("_benchmark.cc"):
                yield os.path.join(folder, name)


class A5BenchmarksProveTheirWorkTest(unittest.TestCase):
    def test_a5_every_benchmark_can_fail(self):
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
        found = list(benchmarks(root))
        self.assertGreater(len(found), 3)
        self.assertEqual([path for path in found if not can_fail(root, path)], [])

    def test_a5_a_planted_benchmark_without_proof_is_caught(self):
        with tempfile.TemporaryDirectory() as root:
            path = os.path.join(root, "x_benchmark.cc")
            with open(path, "w", encoding="utf-8") as file:
                file.write("void Spin(State& s) { for (auto _ : s) {} }\nBENCHMARK(Spin);\n")
            self.assertEqual([p for p in benchmarks(root) if not can_fail(root, p)], [path])

    def test_a5_a_planted_program_without_proof_is_caught(self):
        with tempfile.TemporaryDirectory() as root:
            for name, body in (("x", "return 0;"), ("y", "if (lost) std::exit(1);")):
                path = os.path.join(root, name + "_benchmark.cc")
                with open(path, "w", encoding="utf-8") as file:
                    file.write("int main() { %s }\n" % body)
            self.assertEqual([os.path.basename(p) for p in benchmarks(root)
                              if not can_fail(root, p)], ["x_benchmark.cc"])


if __name__ == "__main__":
    unittest.main()
