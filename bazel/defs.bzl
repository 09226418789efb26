"""The macros every BUILD file of Zokio uses.

| macro | yields |
| --- | --- |
| `zokio_cc_library` | a library with our warnings |
| `zokio_cc_binary` | a program with our warnings |
| `zokio_cc_test` | `name`, `name.asan` (with UBSan), `name.tsan` if `threads`; `name.ubsan` |
| `zokio_cc_benchmark` | the Google Benchmark program `name` and the short test `name.smoke` |
| `zokio_cc_fuzz_test` | `name`: libFuzzer over a corpus and a bounded number of runs |
| `zokio_cc_compile_fail_test` | `name`: passes when each case does not compile, as expected |

Tags to filter by: `sanitizer`, `asan`, `tsan`, `ubsan`, `smoke`, `fuzz`, `compile_fail`.
Variants of a test in another configuration than a sanitizer's: //bazel:variant.bzl.
"""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library", "cc_test")
load("//bazel:compile_fail.bzl", "compile_fail_test")
load("//bazel:pch.bzl", "precompiled_header")
load("//bazel:sanitizers.bzl", "SANITIZER_COMPATIBLE", "sanitized_test")

_WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Wnon-virtual-dtor",
    "-Woverloaded-virtual",
    "-Wimplicit-fallthrough",
    "-Wundef",
    "-Wvla",
    "-Wno-missing-field-initializers",  # designated initializers leave fields out on purpose
]

_CLANG_WARNINGS = [
    "-Wshadow",
    "-Wthread-safety",
    "-Wextra-semi",
    "-Wunreachable-code",
    "-Wgnu-zero-variadic-macro-arguments",
]

# gcc 12 reports these wrongly in coroutine frames and inlined atomics.
_GCC_WARNINGS = [
    "-Wno-maybe-uninitialized",
    "-Wno-dangling-pointer",
    "-Wno-array-bounds",
    "-Wno-stringop-overflow",
    "-Wno-stringop-overread",
    "-Wno-mismatched-new-delete",
    "-Wno-use-after-free",
    "-Wno-interference-size",
    "-Wno-subobject-linkage",
]

ZOKIO_COPTS = _WARNINGS + select({
    "@zokio//bazel:gcc": _GCC_WARNINGS,
    "@zokio//bazel:clang": _CLANG_WARNINGS,
    "//conditions:default": [],
})

# A test's own source at -O1 under ASan and UBSan takes twice the compiler's time that it takes
# at -O0, and is most of a cold run. What it tests stays at -O1, and so do tests under TSan.
_TEST_COPTS = select({
    "@zokio//bazel:asan": ["-O0"],
    "//conditions:default": [],
})

# GoogleTest parsed beforehand, where the options are those of //bazel:gtest_pch.
_PCH = "@zokio//bazel:gtest_pch"
_PCH_PATH = "$(BINDIR)/%sbazel/gtest_pch.h" % (
    Label(_PCH).workspace_root + "/" if Label(_PCH).workspace_root else ""
)
PCH_COPTS = select({
    "@zokio//bazel:gcc": ["-include", _PCH_PATH],
    "@zokio//bazel:clang": ["-include-pch", _PCH_PATH + ".pch"],
    "//conditions:default": [],
})
PCH_DEPS = select({
    "@zokio//bazel:gcc": [_PCH],
    "@zokio//bazel:clang": [_PCH],
    "//conditions:default": [],
})

def zokio_gtest_pch():
    """The precompiled header that tests use."""
    precompiled_header(
        name = "gtest_pch",
        testonly = True,
        copts = _TEST_COPTS,
        header = "gtest/gtest.h",
        tags = ["manual"],
        deps = ["@com_google_googletest//:gtest"],
    )

def zokio_compiler_settings():
    """The settings that selects of this file and of //bazel:sanitizers.bzl name."""
    native.config_setting(
        name = "asan",
        values = {"copt": "-fsanitize=address,undefined"},
    )
    native.config_setting(
        name = "clang",
        flag_values = {"@bazel_tools//tools/cpp:compiler": "clang"},
    )
    native.config_setting(
        name = "gcc",
        flag_values = {"@bazel_tools//tools/cpp:compiler": "gcc"},
    )

def zokio_cc_library(name, copts = [], **kwargs):
    """A cc_library with our warnings. Private unless `visibility` says otherwise."""
    cc_library(
        name = name,
        copts = ZOKIO_COPTS + copts,
        linkstatic = True,
        **kwargs
    )

def zokio_cc_binary(name, copts = [], **kwargs):
    """A cc_binary with our warnings."""
    cc_binary(
        name = name,
        copts = ZOKIO_COPTS + copts,
        **kwargs
    )

def zokio_cc_test(
        name,
        srcs,
        deps = [],
        threads = False,
        sanitize = True,
        sanitizers = None,
        main = True,
        exclusive = False,
        size = "small",
        timeout = "short",
        tags = [],
        args = [],
        data = [],
        copts = [],
        env = {},
        flaky = None,
        target_compatible_with = [],
        **kwargs):
    """A test with GoogleTest, and the same test under sanitizers as targets of their own.

    Args:
      name: the plain test; `name.asan`, `name.tsan` and `name.ubsan` follow from it.
      srcs: sources.
      deps: libraries; GoogleTest's main is added unless `main` is False.
      threads: whether it starts threads; adds the ThreadSanitizer variant.
      sanitize: False leaves all variants out.
      sanitizers: overrides the list, e.g. ["tsan"]; the default is asan, and tsan with threads.
      main: False for a test with a `main` of its own; it gets GoogleTest without one.
      exclusive: run alone on the machine (also each variant).
      size: as cc_test; for resources only.
      timeout: as cc_test.
      tags: for all variants.
      args: for all variants.
      data: for all variants.
      copts: added to our warnings.
      env: environment of the plain run and, beside the sanitizer's options, of each variant.
      flaky: never. A flaky test is a bug; the parameter exists to say so.
      target_compatible_with: for all variants.
      **kwargs: passed on to cc_test.
    """
    if flaky != None:
        fail("%s: no test of this workspace may be flaky" % name)
    googletest = "@com_google_googletest//:" + ("gtest_main" if main else "gtest")
    all_tags = tags + (["exclusive"] if exclusive else [])
    cc_test(
        name = name,
        srcs = srcs,
        args = args,
        copts = ZOKIO_COPTS + copts + _TEST_COPTS + ([] if copts else PCH_COPTS),
        data = data,
        env = env,
        linkstatic = True,
        size = size,
        tags = all_tags,
        target_compatible_with = target_compatible_with,
        timeout = timeout,
        deps = deps + [googletest] + ([] if copts else PCH_DEPS),
        **kwargs
    )
    if not sanitize:
        return
    chosen = sanitizers if sanitizers != None else ["asan"] + (["tsan"] if threads else [])
    variants = [(s, all_tags) for s in chosen]
    if "ubsan" not in chosen:
        variants.append(("ubsan", all_tags + ["manual"]))
    for sanitizer, variant_tags in variants:
        sanitized_test(
            name = name + "." + sanitizer,
            actual = name,
            args = args,
            data = data,
            env = env,
            sanitizer = sanitizer,
            size = size,
            tags = variant_tags,
            target_compatible_with = target_compatible_with,
            timeout = timeout,
        )

def zokio_cc_benchmark(
        name,
        srcs,
        deps = [],
        copts = [],
        tags = [],
        smoke = True,
        smoke_args = [],
        exclusive = False,
        data = [],
        main = True,
        **kwargs):
    """A Google Benchmark program `name`, and the test `name.smoke` that runs each case briefly.

    Args:
      name: the program.
      srcs: sources.
      deps: libraries; Google Benchmark's main is added unless `main` is False.
      copts: added to our warnings.
      tags: for both.
      smoke: whether to make the smoke test.
      smoke_args: further arguments of the smoke test, e.g. a filter.
      exclusive: run the smoke test alone.
      data: for both.
      main: False for a program with a `main` of its own.
      **kwargs: passed on to both.
    """
    all_deps = deps + ["@com_google_benchmark//:" + ("benchmark_main" if main else "benchmark")]
    cc_library(
        name = name + ".objects",
        testonly = True,
        srcs = srcs,
        alwayslink = True,
        copts = ZOKIO_COPTS + copts,
        linkstatic = True,
        tags = ["manual"],
        deps = all_deps,
    )
    cc_binary(
        name = name,
        testonly = True,
        data = data,
        tags = tags,
        deps = [name + ".objects"],
        **kwargs
    )
    if smoke:
        cc_test(
            name = name + ".smoke",
            args = ["--benchmark_min_time=0.001"] + smoke_args,
            data = data,
            linkstatic = True,
            size = "small",
            tags = tags + ["smoke"] + (["exclusive"] if exclusive else []),
            timeout = "short",
            deps = [name + ".objects"],
            **kwargs
        )

_FUZZ_LAUNCHER = """
corpus=({corpus})
found="${{TEST_UNDECLARED_OUTPUTS_DIR:-$TEST_TMPDIR}}"
mkdir -p "$TEST_TMPDIR/new"
seeds="$TEST_TMPDIR/seeds"
mkdir -p "$seeds"
for file in "${{corpus[@]}}"; do cp -L "$file" "$seeds/$(echo "$file" | tr / _)"; done
# First every input of the corpus, then new ones; the seed is fixed, so a failure repeats.
if [[ ${{#corpus[@]}} -gt 0 ]]; then
  {{binary}} -artifact_prefix="$found/" "$seeds"/* || exit 1
fi
exec {{binary}} -seed=1 -runs={runs} -max_len={max_len} -timeout=10 -rss_limit_mb=2048 \\
  -artifact_prefix="$found/" "$TEST_TMPDIR/new" "$seeds" "$@"
"""

def zokio_cc_fuzz_test(
        name,
        srcs,
        deps = [],
        corpus = [],
        runs = 20000,
        max_len = 4096,
        tags = [],
        copts = [],
        timeout = "short",
        **kwargs):
    """A libFuzzer target under ASan and UBSan: the corpus first, then a bounded number of runs.

    To fuzz for longer, and with comparisons traced in the libraries too:
    `bazel run --config=fuzz //pkg:name -- -runs=-1 -max_total_time=600`.

    Args:
      name: the test; `name.bin` is the program, buildable only by way of it.
      srcs: sources, with LLVMFuzzerTestOneInput.
      deps: libraries.
      corpus: files to start from, usually a glob.
      runs: how many inputs to try.
      max_len: bytes of the longest.
      tags: tags.
      copts: added to our warnings.
      timeout: as cc_test.
      **kwargs: passed on to the test.
    """
    cc_binary(
        name = name + ".bin",
        testonly = True,
        srcs = srcs,
        copts = ZOKIO_COPTS + copts + ["-fsanitize=fuzzer-no-link"],
        linkopts = ["-fsanitize=fuzzer"],
        tags = ["manual"],
        target_compatible_with = SANITIZER_COMPATIBLE,
        deps = deps,
    )
    sanitized_test(
        name = name,
        actual = name + ".bin",
        data = corpus,
        launcher = _FUZZ_LAUNCHER.format(
            corpus = " ".join(["%s/%s" % (native.package_name(), file) for file in corpus]),
            max_len = max_len,
            runs = runs,
        ),
        sanitizer = "fuzz",
        size = "small",
        tags = tags,
        timeout = timeout,
        **kwargs
    )

def zokio_cc_compile_fail_test(name, src, expect = None, cases = {}, deps = [], tags = []):
    """A use that must not compile.

    The source must compile as it stands; each case defines one macro, under which it must not.

    Args:
      name: the test.
      src: one source file; the faults lie in `#ifdef` blocks.
      expect: regex (egrep) of the compiler's message for the single case ZOKIO_COMPILE_FAIL.
      cases: several cases instead: macro name to regex.
      deps: libraries whose headers it includes.
      tags: tags.
    """
    all_cases = dict(cases)
    if expect != None:
        all_cases["ZOKIO_COMPILE_FAIL"] = expect
    if not all_cases:
        fail("%s: give expect or cases" % name)
    compile_fail_test(
        name = name,
        src = src,
        cases = all_cases,
        size = "small",
        tags = tags + ["compile_fail"],
        testonly = True,
        deps = deps,
    )
