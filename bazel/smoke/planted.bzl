"""Tests that pass when a sanitizer or the fuzzer stops at a fault planted for it."""

load("@rules_cc//cc:defs.bzl", "cc_binary")
load("//bazel:sanitizers.bzl", "SANITIZER_COMPATIBLE", "sanitized_test")

_LAUNCHER = """
binary=$PWD/{binary}
cd "$TEST_TMPDIR" || exit 1
output=$("$binary" ARGUMENTS 2>&1) && { echo "$output"; echo "not caught"; exit 1; }
grep -q "MESSAGE" <<<"$output" || { echo "$output"; exit 1; }
"""

def _launcher(arguments, message):
    return _LAUNCHER.replace("ARGUMENTS", arguments).replace("MESSAGE", message)

def planted_fault_test(name, fault, message, sanitizer):
    """Runs the planted `fault` under `sanitizer`; passes when it stops with `message`."""
    sanitized_test(
        name = name,
        actual = "planted_fault",
        launcher = _launcher(fault, message),
        sanitizer = sanitizer,
        size = "small",
    )

def planted_fuzz_test(name, srcs):
    """Fuzzes a target with a fault; passes when the fuzzer finds it."""
    cc_binary(
        name = name + ".bin",
        testonly = True,
        srcs = srcs,
        copts = ["-DZOKIO_PLANT_FAULT", "-fsanitize=fuzzer-no-link"],
        linkopts = ["-fsanitize=fuzzer"],
        tags = ["manual"],
        target_compatible_with = SANITIZER_COMPATIBLE,
    )
    sanitized_test(
        name = name,
        actual = name + ".bin",
        launcher = _launcher(
            "-seed=1 -runs=2000000 -max_len=16",
            "index .* out of bounds\\|stack-buffer-overflow",
        ),
        sanitizer = "fuzz",
        size = "small",
    )
