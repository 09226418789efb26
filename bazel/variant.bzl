"""A test built a second time in another configuration, as a target of its own.

`zokio_variant_test(name, actual, variant_copts, variant_linkopts)` builds the binary `actual` and
all it depends on with the options added, and runs it. The options are added by a transition, so a
whole dependency tree changes at once and the plain build of the same files is not disturbed.
Variants with the same options share their object files: keep the lists identical.
"""

_COPT = "//command_line_option:copt"
_LINKOPT = "//command_line_option:linkopt"

# Of --config=instrumented: lines are counted in the plain tests; a variant stays as it is without.
_INSTRUMENTATION = ["-fprofile-instr-generate", "-fcoverage-mapping", "-DZOKIO_COVERAGE"]

def _without_instrumentation(options):
    return [option for option in options if option not in _INSTRUMENTATION]

def _variant_transition_impl(settings, attr):
    return {
        _COPT: _without_instrumentation(settings[_COPT]) + attr.variant_copts,
        _LINKOPT: _without_instrumentation(settings[_LINKOPT]) + attr.variant_linkopts,
    }

variant_transition = transition(
    implementation = _variant_transition_impl,
    inputs = [_COPT, _LINKOPT],
    outputs = [_COPT, _LINKOPT],
)

_LAUNCHER = """#!/bin/bash
# Runs the binary {binary} with the arguments that the macro chose.
set -u
{launcher}
"""

def _variant_test_impl(ctx):
    actual = ctx.attr.actual[0]
    binary = actual[DefaultInfo].files_to_run.executable
    executable = ctx.actions.declare_file(ctx.label.name)
    runfiles = ctx.runfiles(files = [binary] + ctx.files.data)
    runfiles = runfiles.merge(actual[DefaultInfo].default_runfiles)
    if ctx.attr.launcher:
        text = ctx.attr.launcher.replace("{binary}", binary.short_path)
        ctx.actions.write(
            executable,
            _LAUNCHER.format(binary = binary.short_path, launcher = text),
            is_executable = True,
        )
    else:
        ctx.actions.symlink(output = executable, target_file = binary, is_executable = True)
    return [
        DefaultInfo(executable = executable, runfiles = runfiles),
        testing.TestEnvironment(ctx.attr.env),
    ]

zokio_variant_test = rule(
    implementation = _variant_test_impl,
    test = True,
    doc = "The test `actual`, built with further compiler and linker options.",
    attrs = {
        "actual": attr.label(
            cfg = variant_transition,
            executable = True,
            mandatory = True,
            doc = "A cc_test or cc_binary; tagged manual where it cannot be built plainly.",
        ),
        "data": attr.label_list(allow_files = True),
        "env": attr.string_dict(doc = "Environment of the run."),
        "launcher": attr.string(
            doc = "Lines of shell which run {binary}; by default the binary itself is the test.",
        ),
        "variant_copts": attr.string_list(),
        "variant_linkopts": attr.string_list(),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
)
