#!/bin/bash
# Runs a test; the counts of its instrumented programs go to a folder of its own in ZOKIO_PROFILES,
# added up over its processes.
if [[ -n "${ZOKIO_PROFILES:-}" ]]; then
  name="${TEST_TARGET#//}"
  export LLVM_PROFILE_FILE="$ZOKIO_PROFILES/${name//[\/:]/+}/%m.profraw"
else
  export LLVM_PROFILE_FILE=/dev/null
fi
exec "$@"
