#!/bin/bash
# operation_lifetime_planted_test.sh PROGRAM: passes when the test with the planted fault fails, and
# for that fault.
set -u
output=$("$1" 2>&1) && { echo "$output"; echo "the planted fault was not caught"; exit 1; }
grep -q "the kernel wrote to memory that was given back" <<<"$output" || { echo "$output"; exit 1; }
