#!/bin/bash
# Reads the compiler's logs, one per case, and judges them.
set -u
failures=0

fail() {
  echo "FAIL %{source} $1: $2"
  sed 's/^/    /' "$3"
  failures=$((failures + 1))
}

check() {
  local case="$1" log="$2" regex="$3" status
  status=$(sed -n '$s/exit status //p' "$log")
  if [[ -z "$case" ]]; then
    [[ "$status" == 0 ]] || fail control "must compile when no case is chosen" "$log"
  elif [[ "$status" == 0 ]]; then
    fail "$case" "compiled, but must not" "$log"
  elif ! grep -Eq -- "$regex" "$log"; then
    fail "$case" "no line matches /$regex/" "$log"
  else
    echo "ok %{source} $case"
  fi
}

%{checks}
exit "$((failures > 0))"
