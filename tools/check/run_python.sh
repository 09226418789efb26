#!/bin/bash
# Runs a Python test with the workspace's root on its path: `from tools.check import ...` works.
set -eu
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$PWD" exec python3 "$@"
