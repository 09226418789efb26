#!/bin/bash
# Two protocols, modelled by hand in Promela and written in C++: spin and our model checker must
# come to the same verdict about each, and about a broken variant of each.
#
#   agreement.sh PROGRAM FOLDER_OF_THE_PROMELA_FILES
set -euo pipefail
program=$(realpath "$1")
models=$(realpath "$2")

if ! command -v spin > /dev/null; then
  echo "SKIPPED: spin is not installed (apt-get install spin)"
  exit 0
fi
for compiler in gcc gcc-12 clang-19; do
  if command -v "$compiler" > /dev/null; then break; fi
done

cd "${TEST_TMPDIR:-$(mktemp -d)}"
failed=0
for model in wake deque; do
  for variant in correct broken; do
    define=""
    if [[ $variant == broken ]]; then define="-DBROKEN"; fi
    spin $define -a "$models/$model.pml" > spin.log
    "$compiler" -O1 -DSAFETY -w -o pan pan.c
    ./pan > pan.log
    if grep -q 'errors: 0' pan.log; then theirs="no fault"; else theirs="fault"; fi
    if grep -q 'max search depth too small' pan.log; then
      echo "spin did not search everything"
      failed=1
    fi
    ours=$("$program" "$model" "$variant")
    expected="no fault"
    if [[ $variant == broken ]]; then expected="fault"; fi
    echo "$model, $variant: spin: $theirs; ours: $ours; expected: $expected"
    if [[ $theirs != "$expected" || $ours != "$expected" ]]; then failed=1; fi
  done
done
exit $failed
