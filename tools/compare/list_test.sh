#!/bin/bash
# The command line without a measurement: lists every case, refuses what it does not know.
set -euo pipefail
compare=tools/compare/compare.sh

listed=$("$compare" --list)
for case in spawn_inside spawn_outside yield ping_pong echo_c64_b64_d1 echo_c64_b64_d16 \
  echo_c1000_b64_d1 echo_c64_b4096_d1 echo_c1000_b4096_d1 http_c64 http_c1000 idle_conn_bytes \
  floor_turn floor_batch simd_hash_u64_2048 simd_short_crc32c_8; do
  grep -q "^$case " <<<"$listed" || { echo "--list does not name $case"; exit 1; }
done

expect() {
  local wanted=$1 status=0
  shift
  "$compare" "$@" >"$TEST_TMPDIR/out" 2>&1 || status=$?
  [[ $status -eq $wanted ]] || { echo "compare $* ended with $status, not $wanted"; exit 1; }
}
expect 2
expect 2 no_such_case
expect 2 'nothing_*'
expect 2 floor_turn --pairs 1
echo "compare lists and refuses as it should"
