"""Model-checked tests: the production code, its seams driven by the model checker.

    load("//bazel:model.bzl", "zokio_cc_model_test")

    zokio_cc_model_test(
        name = "local_queue_model_test",
        srcs = ["local_queue_model_test.cc"],
        deps = [":local_queue"],
    )

The test and all it depends on are compiled with ZOKIO_MODEL by a transition: one program never
holds both kinds of a header. How to write one: docs/guide/model-checking.md.
"""

load("@rules_cc//cc:defs.bzl", "cc_binary")
load("//bazel:defs.bzl", "PCH_COPTS", "PCH_DEPS", "ZOKIO_COPTS")
load("//bazel:variant.bzl", "zokio_variant_test")

# Has the compiler call the checker before each access to plain memory: the run-time library of
# ThreadSanitizer is not linked, //tools/model stands in for it.
_INSTRUMENTED = ["-fsanitize=thread"]

# Optimised, because an exploration runs the body millions of times.
MODEL_COPTS = [
    "-DZOKIO_MODEL=1",
    "-O2",
    "-g1",
    "-UNDEBUG",
]

# A whole build under one sanitizer or for coverage is no build for the checker.
MODEL_COMPATIBLE = select({
    "@zokio//bazel:variants_off": ["@zokio//bazel:needs_plain_build"],
    "//conditions:default": [],
})

def zokio_cc_model_test(
        name,
        srcs,
        deps = [],
        copts = [],
        tags = [],
        instrument = True,
        size = "medium",
        timeout = "moderate",
        **kwargs):
    """A GoogleTest test whose bodies are explored by //tools/model.

    Args:
      name: the test; `name.bin` is its program, buildable only by way of it.
      srcs: sources.
      deps: production libraries; the checker and GoogleTest's main are added.
      copts: added to our warnings.
      tags: added to `model`.
      instrument: whether accesses to unannotated plain memory are checked for data races and uses
        after free; False makes exploration about twice as fast.
      size: as cc_test; for resources only.
      timeout: as cc_test.
      **kwargs: passed on to the test.
    """
    cc_binary(
        name = name + ".bin",
        testonly = True,
        srcs = srcs,
        copts = ZOKIO_COPTS + copts + ([] if copts else PCH_COPTS),
        linkstatic = True,
        tags = ["manual"],
        target_compatible_with = MODEL_COMPATIBLE,
        deps = deps + [
            "@zokio//tools/model",
            "@com_google_googletest//:gtest_main",
        ] + ([] if copts else PCH_DEPS),
    )
    zokio_variant_test(
        name = name,
        actual = name + ".bin",
        size = size,
        tags = tags + ["model"],
        target_compatible_with = MODEL_COMPATIBLE,
        testonly = True,
        timeout = timeout,
        variant_copts = MODEL_COPTS + (_INSTRUMENTED if instrument else []),
        **kwargs
    )
