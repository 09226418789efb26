#!/bin/bash
# Starts compare.py in its runfiles, where the programs are that Bazel built for it.
set -eu
[[ -f tools/compare/compare.py ]] || cd "${RUNFILES_DIR:-$0.runfiles}/zokio"
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$PWD" exec python3 tools/compare/compare.py "$@"
