#!/usr/bin/env python3
"""A8: figures stand beside peers that are built and run here, in the same run.

The harness takes turns (tools/compare/harness/pairing_test.py shows the order); this test holds the
table of cases to it: every bar is against a contender of the same case, and every contender is a
program, not a number.
"""

import unittest

from tools.compare.cases import table

# The cases that must exist from the first harness on.
REQUIRED = {
    "echo_c64_b64_d1", "echo_c64_b64_d16", "echo_c1000_b64_d1", "echo_c64_b4096_d1",
    "echo_c1000_b4096_d1", "http_c64", "http_c1000", "spawn_inside", "spawn_outside", "yield",
    "ping_pong", "idle_conn_bytes", "floor_turn",
}


class A8PeersRunBesideUsTest(unittest.TestCase):
    def test_a8_every_required_case_is_there(self):
        self.assertLessEqual(REQUIRED, {case.name for case in table.CASES})

    def test_a8_every_contender_is_a_program_that_is_run(self):
        for case in table.CASES:
            for contender in (case.ours, *case.peers):
                with self.subTest(case=case.name, contender=contender.name):
                    self.assertTrue(callable(contender.prepare))
                    self.assertTrue(callable(contender.measure))

    def test_a8_every_bar_is_against_a_contender_of_the_case(self):
        for case in table.CASES:
            names = {peer.name for peer in case.peers} | {"best"}
            for name in case.bars:
                with self.subTest(case=case.name, bar=name):
                    self.assertIn(name, names)


if __name__ == "__main__":
    unittest.main()
