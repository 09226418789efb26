#!/bin/bash
# The seams of base cost nothing in production: each function seam_X of the probe has the same
# instructions as plain_X, and the fast side of the asymmetric fence holds none that orders.
set -euo pipefail
probe=$1

objdump=""
for tool in objdump llvm-objdump-19; do
  if command -v "$tool" > /dev/null; then objdump=$tool; break; fi
done
if [[ -z $objdump ]]; then
  echo "SKIPPED: no objdump (apt-get install binutils)"
  exit 0
fi

"$objdump" -d --no-show-raw-insn "$probe" > "$TEST_TMPDIR/listing"

# The instructions of one function, without addresses: what differs by placement only.
function body() {
  awk -v name="<$1>:" '$2 == name { inside = 1; next } inside && NF == 0 { exit } inside' \
    "$TEST_TMPDIR/listing" |
    sed -E 's/^ *[0-9a-f]+:[[:space:]]*//; s/<(seam|plain)_/</g; s/#.*//; s/0x[0-9a-f]{3,}//g;
            s/[0-9a-f]+ </</g; s/-?0x[0-9a-f]+\(%rip\)/(%rip)/g; s/%fs:\S+/%fs:/;
            s/[[:space:]]+$//' |
    sed -E '/^(nop|xchg +%ax,%ax|data16|cs nop|int3)/d; s/<.*Number.*>//; s/<.*Plain.*>//'
}

failed=0
for pair in load store add swap lock local variable; do
  seam=$(body "seam_$pair")
  plain=$(body "plain_$pair")
  if [[ $pair == local ]]; then
    # Two variables have two offsets from the thread pointer.
    seam=$(sed -E 's/-0x[0-9a-f]+\(/(/' <<< "$seam")
    plain=$(sed -E 's/-0x[0-9a-f]+\(/(/' <<< "$plain")
  fi
  if [[ -z $seam ]]; then
    echo "$pair: not found in the listing"
    failed=1
  elif [[ $seam != "$plain" ]]; then
    echo "$pair: differs:"
    diff <(echo "$seam") <(echo "$plain") || true
    failed=1
  else
    echo "$pair: the same $(wc -l <<< "$seam") instructions"
  fi
done

fast=$(body fence_fast_side)
if grep -Eq '\b(mfence|lock|xchg|dmb|cpuid)\b' <<< "$fast"; then
  echo "the fast side of the asymmetric fence orders by an instruction:"
  echo "$fast"
  failed=1
else
  echo "fence: no ordering instruction on the fast side"
fi
exit $failed
