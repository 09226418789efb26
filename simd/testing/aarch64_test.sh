#!/bin/bash
# Compiles the kernels and their tests for AArch64 and runs them under qemu-user.
# Skips, saying why, where Debian's cross compiler, qemu or googletest's sources are missing.
set -u
compiler=aarch64-linux-gnu-g++-12
for program in $compiler qemu-aarch64; do
  if ! command -v $program > /dev/null; then
    echo "SKIPPED: $program is not installed (apt-get install g++-12-aarch64-linux-gnu qemu-user)"
    exit 0
  fi
done
if [[ ! -f /usr/src/googletest/googletest/src/gtest-all.cc ]]; then
  echo "SKIPPED: googletest's sources are not installed (apt-get install googletest)"
  exit 0
fi
out="${TEST_TMPDIR:-$(mktemp -d)}"
# The source tree, for base/check.cc, which is another package's.
cd "$(dirname "$(readlink -f simd/targets.cc)")/.." || exit 1
mkdir -p "$out/include"
# Only these two of the host's header folders; the rest comes from the cross compiler.
ln -sfn /usr/include/hwy "$out/include/hwy"
ln -sfn /usr/include/gtest "$out/include/gtest"
sources=(/usr/src/googletest/googletest/src/gtest-all.cc
         /usr/src/googletest/googletest/src/gtest_main.cc base/check.cc)
for file in simd/*.cc; do
  case "$file" in
    *_benchmark.cc | *_fuzz_test.cc) ;;
    *) sources+=("$file") ;;
  esac
done
objects=()
for file in "${sources[@]}"; do objects+=("$out/$(basename "$file" .cc).o"); done
for i in "${!sources[@]}"; do printf '%s\0' "${sources[i]}" "${objects[i]}"; done | xargs -0 -n2 -P2 sh -c "$compiler -std=c++20 -O1 -Wall -Wextra -I. -I$out/include \
    -I/usr/src/googletest/googletest -c \"\$0\" -o \"\$1\"" || exit 1
$compiler -static "${objects[@]}" -o "$out/simd_tests" || exit 1
# Death tests fork in ways that qemu does not follow.
exec qemu-aarch64 "$out/simd_tests" --gtest_filter='-*DeathTest*' --gtest_brief=1
