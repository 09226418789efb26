"""GoogleTest's header, parsed once for each configuration instead of once for each test.

It is a third of the compiler's time for a test. The options must be those of the tests (same
macros, optimisation, sanitizer), so a test with options of its own parses the header itself.
clang refuses a precompiled header of other options; gcc passes it by and reads the text.
"""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "CPP_COMPILE_ACTION_NAME")
load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

def _precompiled_header_impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    merged = cc_common.merge_cc_infos(cc_infos = [dep[CcInfo] for dep in ctx.attr.deps])
    context = merged.compilation_context
    variables = cc_common.create_compile_variables(
        feature_configuration = features,
        cc_toolchain = toolchain,
        user_compile_flags = ctx.fragments.cpp.copts + ctx.fragments.cpp.cxxopts + ctx.attr.copts,
        include_directories = context.includes,
        quote_include_directories = context.quote_includes,
        system_include_directories = context.system_includes,
        preprocessor_defines = context.defines,
        # As Bazel chooses for the objects of a program.
        use_pic = ctx.var["COMPILATION_MODE"] != "opt",
    )
    command = [cc_common.get_tool_for_action(
        feature_configuration = features,
        action_name = CPP_COMPILE_ACTION_NAME,
    )] + cc_common.get_memory_inefficient_command_line(
        feature_configuration = features,
        action_name = CPP_COMPILE_ACTION_NAME,
        variables = variables,
    )

    header = ctx.actions.declare_file(ctx.label.name + ".h")
    text = "#include <%s>\n" % ctx.attr.header
    ctx.actions.write(header, text)
    is_gcc = toolchain.compiler == "gcc"
    precompiled = ctx.actions.declare_file(header.basename + (".gch" if is_gcc else ".pch"))
    ctx.actions.run_shell(
        inputs = depset([header], transitive = [context.headers, toolchain.all_files]),
        outputs = [precompiled],
        arguments = [header.path, precompiled.path] + command +
                    ["-x", "c++-header"] +
                    # clang from standard input: it would look again for a source file, at the
                    # path that it had in the sandbox.
                    ([header.path] if is_gcc else ["-Xclang", "-fno-pch-timestamp", "-"]),
        command = 'in="$1" out="$2"; shift 2; exec "$@" -o "$out" <"$in"',
        mnemonic = "PrecompileHeader",
        use_default_shell_env = True,
    )
    files = depset([header, precompiled])
    return [
        DefaultInfo(files = files),
        CcInfo(compilation_context = cc_common.create_compilation_context(headers = files)),
    ]

precompiled_header = rule(
    implementation = _precompiled_header_impl,
    doc = "A library whose dependents can be compiled with `use_precompiled_header(name)`.",
    attrs = {
        "copts": attr.string_list(doc = "As of the sources that will use it."),
        "deps": attr.label_list(providers = [CcInfo]),
        "header": attr.string(mandatory = True, doc = "What to include, in angle brackets."),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)
