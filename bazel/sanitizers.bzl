"""The sanitizer variants of a test: what each adds to the build, and its run-time options."""

load("//bazel:variant.bzl", "zokio_variant_test")

_COMMON = ["-O1", "-g1", "-fno-omit-frame-pointer"]
_UNDEFINED = ["-fno-sanitize=vptr", "-fno-sanitize-recover=all"]
_SYMBOLIZER = "external_symbolizer_path=/usr/bin/llvm-symbolizer-19:halt_on_error=1"

_ENV = {
    "ASAN_OPTIONS": _SYMBOLIZER + ":detect_stack_use_after_return=1:strict_string_checks=1",
    "LSAN_OPTIONS": "report_objects=1",
    "TSAN_OPTIONS": _SYMBOLIZER + ":second_deadlock_stack=1",
    "UBSAN_OPTIONS": _SYMBOLIZER + ":print_stacktrace=1",
}

# With the counters that guide the fuzzer, which cost next to nothing: so the libraries under a
# fuzzer are those of the tests under ASan, not built once more. --config=fuzz adds the tracing of
# comparisons, which makes tests twice as slow.
_ASAN = struct(
    copts = _COMMON + [
        "-fsanitize=address,undefined",
        "-fsanitize-coverage=inline-8bit-counters,pc-table",
    ] + _UNDEFINED,
    linkopts = ["-fsanitize=address,undefined"],
)

SANITIZERS = {
    "asan": _ASAN,
    "fuzz": _ASAN,
    "tsan": struct(
        copts = _COMMON + ["-fsanitize=thread"],
        linkopts = ["-fsanitize=thread"],
    ),
    "ubsan": struct(
        copts = _COMMON + ["-fsanitize=undefined"] + _UNDEFINED,
        linkopts = ["-fsanitize=undefined"],
    ),
}

# Sanitizers, fuzzing and their run-time libraries are clang's.
SANITIZER_COMPATIBLE = select({
    "@zokio//bazel:clang": [],
    "//conditions:default": ["@zokio//bazel:needs_clang"],
}) + select({
    "@zokio//bazel:variants_off": ["@zokio//bazel:needs_plain_build"],
    "//conditions:default": [],
})

def sanitized_test(
        name,
        actual,
        sanitizer,
        env = {},
        tags = [],
        target_compatible_with = [],
        **kwargs):
    """The test `actual` built under `sanitizer`; tagged by its name and `sanitizer`."""
    all_env = dict(_ENV)
    all_env.update(env)
    config = SANITIZERS[sanitizer]
    zokio_variant_test(
        name = name,
        actual = actual,
        env = all_env,
        tags = tags + ["sanitizer", sanitizer],
        target_compatible_with = SANITIZER_COMPATIBLE + target_compatible_with,
        testonly = True,
        variant_copts = config.copts,
        variant_linkopts = config.linkopts,
        **kwargs
    )
