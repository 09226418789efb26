#!/bin/bash
# Every line of code in the guide ($1) must stand in the test that compiles it ($2).
set -euo pipefail
trim() { sed -e 's/^[[:space:]]*//' -e 's/[[:space:]]*$//'; }
lines=0
while IFS= read -r line; do
  [[ -z $line ]] && continue
  lines=$((lines + 1))
  # Not -q: it would end before `trim` has written all, which then fails by SIGPIPE.
  if ! trim <"$2" | grep -Fx -- "$line" >/dev/null; then
    echo "not compiled anywhere: $line"
    exit 1
  fi
done < <(awk '/^```cpp/ { on = 1; next } /^```/ { on = 0 } on' "$1" | trim)
[[ $lines -gt 10 ]] || { echo "the guide has lost its code"; exit 1; }
