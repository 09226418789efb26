#!/bin/bash
# The lint lists what it should, on a small tree made for it.
set -euo pipefail
unproven="$PWD/tools/model/unproven"
tree="$TEST_TMPDIR/tree"
mkdir -p "$tree/queue" "$tree/tools"
cd "$tree"

echo '#include "queue/inner.h"' > queue/proven.h
echo 'Atomic<int> a;' >> queue/proven.h
echo 'Atomic<int> b;' > queue/inner.h
echo 'Atomic<int> c;' > queue/inner.cc
echo 'Atomic<int> d;' > queue/forgotten.h
echo '// Atomic<int> only spoken of' > queue/words.h
echo 'Atomic<int> e;' > queue/forgotten_test.cc
echo 'Atomic<int> f;' > tools/helper.h
echo '#include "queue/proven.h"' > queue/proven_model_test.cc

listed=$("$unproven" --root "$tree")
expected="queue/forgotten.h
1 files use Atomic and are reached by no model test"
if [[ $listed != "$expected" ]]; then
  echo "expected:"; echo "$expected"; echo "listed:"; echo "$listed"
  exit 1
fi
"$unproven" --root "$tree" --max 1 > /dev/null
if "$unproven" --root "$tree" --max 0 > /dev/null; then
  echo "--max 0 let one file pass"
  exit 1
fi
echo "the lint lists what no model test reaches"
