#!/bin/bash
# Starts compare.py in its runfiles, where the programs are that Bazel built for it.
set -eu
for runfiles in "$0.runfiles" "${RUNFILES_DIR:-}"; do
  if [[ -d "$runfiles/zokio" ]]; then
    cd "$runfiles/zokio"
    break
  fi
done
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$PWD" exec python3 tools/compare/compare.py "$@"
