"""Negative compile tests: a use that must be refused is refused, and with a readable message.

The compiler of the build runs on the source once as it stands, which must work, and once for
each case with the case's name defined, which must fail with a message that matches.
"""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "CPP_COMPILE_ACTION_NAME")
load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

def _compile_command(ctx, context):
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    variables = cc_common.create_compile_variables(
        feature_configuration = features,
        cc_toolchain = toolchain,
        user_compile_flags = ctx.fragments.cpp.copts + ctx.fragments.cpp.cxxopts,
        include_directories = context.includes,
        quote_include_directories = context.quote_includes,
        system_include_directories = context.system_includes,
        preprocessor_defines = context.defines,
    )
    flags = cc_common.get_memory_inefficient_command_line(
        feature_configuration = features,
        action_name = CPP_COMPILE_ACTION_NAME,
        variables = variables,
    )
    tool = cc_common.get_tool_for_action(
        feature_configuration = features,
        action_name = CPP_COMPILE_ACTION_NAME,
    )
    return toolchain, [tool] + flags

def _compile_fail_test_impl(ctx):
    merged = cc_common.merge_cc_infos(cc_infos = [dep[CcInfo] for dep in ctx.attr.deps])
    context = merged.compilation_context
    toolchain, command = _compile_command(ctx, context)
    logs = []
    checks = []
    for case in [""] + ctx.attr.cases.keys():
        log = ctx.actions.declare_file("%s.%s.log" % (ctx.label.name, case or "control"))
        logs.append(log)
        ctx.actions.run_shell(
            inputs = depset([ctx.file.src], transitive = [context.headers, toolchain.all_files]),
            outputs = [log],
            arguments = [log.path] + command +
                        ["-fdiagnostics-color=never"] +
                        (["-D%s=1" % case] if case else []) +
                        ["-fsyntax-only", ctx.file.src.path],
            command = 'log="$1"; shift; "$@" >"$log" 2>&1; echo "exit status $?" >>"$log"; exit 0',
            mnemonic = "CompileFail",
            use_default_shell_env = True,
        )
        checks.append("check '%s' '%s' '%s'" % (
            case,
            log.short_path,
            ctx.attr.cases.get(case, "").replace("'", "'\\''"),
        ))
    script = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.expand_template(
        template = ctx.file._template,
        output = script,
        substitutions = {"%{checks}": "\n".join(checks), "%{source}": ctx.file.src.short_path},
        is_executable = True,
    )
    return [DefaultInfo(executable = script, runfiles = ctx.runfiles(files = logs))]

compile_fail_test = rule(
    implementation = _compile_fail_test_impl,
    test = True,
    attrs = {
        "cases": attr.string_dict(mandatory = True, doc = "Macro to define, to regex of stderr."),
        "deps": attr.label_list(providers = [CcInfo]),
        "src": attr.label(allow_single_file = True, mandatory = True),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
        "_template": attr.label(
            allow_single_file = True,
            default = "//bazel:compile_fail_test.sh.tpl",
        ),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)
