#!/usr/bin/env python3
"""A5: every benchmark proves that the work happened. "Infinite ops/s" came from one that did not.

A benchmark must be able to fail: its source, or a header of ours that it includes, reports a wrong
count or checksum by SkipWithError. A program of its own, without Google Benchmark, compares the sum
or count with the one expected, says on stderr what is missing, and exits with 1: in one `if`, or in
two, where what measures returns -1 instead of a figure and its caller refuses a negative one. (That
the harness catches peers that do no work is shown in tools/compare/harness/faults_test.py.)
"""

import os
import re
import tempfile
import unittest

INCLUDE = re.compile(r'^#include "([^"]+)"', re.M)

COMPARED = r"\b(?:sum|count|checksum|received|done)\w* %s \w+"
SAYS_AND_EXITS = r"\) \{\s*std::fprintf\(stderr, \"[^;]+\);\s*std::exit\(1\);\s*\}"
REFUSES = re.compile(r"\bif \(" + COMPARED % "!=" + r"[^{};]*" + SAYS_AND_EXITS)
NO_FIGURE = re.compile(r"\breturn " + COMPARED % "==" + r"[^;]*\? [^;]+ : -1;")
REFUSES_NO_FIGURE = re.compile(r"\bif \([\w.]+ < 0" + SAYS_AND_EXITS)


def program_can_fail(text):
    if REFUSES.search(text):
        return True
    return bool(REFUSES_NO_FIGURE.search(text)) and bool(NO_FIGURE.search(text))


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
    return program_can_fail(text)


def benchmarks(root):
    for folder, names, files in os.walk(root):
        names[:] = [n for n in names if not n.startswith((".", "bazel-"))]
        for name in files:
            if name.endswith("_benchmark.cc"):
                yield os.path.join(folder, name)


EXITS = 'std::fprintf(stderr, "messages were lost\\n"); std::exit(1); }'
PROGRAMS = {
    "no_check": "int main() { Spin(); return 0; }",
    # Of another fault than lost work, or of none.
    "usage": "int main(int argc, char**) { if (argc != 2) { %s }" % EXITS,
    "exits_anyway": "int main() { std::exit(1); }",
    "silent": "int main() { if (sum != expected) { std::exit(1); } }",
    "negative_but_never_returned": "int main() { if (ns < 0) { %s }" % EXITS,
    "returned_but_not_refused": "double Run() { return sum == total ? ns : -1; }",
    "proves_at_once": "int main() { if (sum != values * (values - 1) / 2) { %s }" % EXITS,
    "proves_by_no_figure":
        "double Run() { return sum == total ? ns / n : -1; } int main() { if (ns < 0) { %s }" %
        EXITS,
}


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
            for name, body in PROGRAMS.items():
                with open(os.path.join(root, name + "_benchmark.cc"), "w", encoding="utf-8") as f:
                    f.write(body)
            found = {os.path.basename(p)[:-len("_benchmark.cc")]: can_fail(root, p)
                     for p in benchmarks(root)}
            self.assertEqual({name for name, proves in found.items() if proves},
                             {name for name in PROGRAMS if name.startswith("proves")})
            self.assertEqual(len(found), len(PROGRAMS))


if __name__ == "__main__":
    unittest.main()
