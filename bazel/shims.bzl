"""Stand-ins for the rule repositories that Debian's Bazel would download.

They are generated, not local repositories: a relative path would break in a downstream workspace.
"""

_RULES_CC = """
cc_binary = native.cc_binary
cc_import = native.cc_import
cc_library = native.cc_library
cc_test = native.cc_test
cc_toolchain = native.cc_toolchain
cc_toolchain_suite = native.cc_toolchain_suite
"""

_RULES_JAVA = """
java_import = native.java_import
java_runtime = native.java_runtime
java_toolchain = native.java_toolchain
"""

# Bazel calls the merger once per test and the generator once per run. Both get lists of lcov
# files and only have to join them: records of one file may appear several times.
_COVERAGE_BUILD = """
package(default_visibility = ["//visibility:public"])
sh_binary(name = "coverage_report_generator", srcs = ["report.sh"])
sh_binary(name = "lcov_merger", srcs = ["merge.sh"])
"""

_COVERAGE_REPORT = """#!/bin/bash
for arg in "$@"; do
  case "$arg" in
    --reports_file=*) reports="${arg#*=}" ;;
    --output_file=*) output="${arg#*=}" ;;
  esac
done
: > "$output"
while read -r report; do
  [[ -f "$report" ]] && cat "$report" >> "$output"
done < "$reports"
exit 0
"""

_COVERAGE_MERGE = """#!/bin/bash
for arg in "$@"; do
  case "$arg" in
    --coverage_dir=*) dir="${arg#*=}" ;;
    --output_file=*) output="${arg#*=}" ;;
  esac
done
: > "$output"
find "$dir" -name '*.dat' ! -samefile "$output" -exec cat {} + >> "$output"
exit 0
"""

def _rules_shim_impl(ctx):
    if ctx.name == "rules_cc":
        ctx.file("cc/BUILD", "")
        ctx.file("cc/defs.bzl", _RULES_CC)
    elif ctx.name == "rules_java":
        ctx.file("java/BUILD", "")
        ctx.file("java/defs.bzl", _RULES_JAVA)
    else:
        ctx.file("report.sh", _COVERAGE_REPORT, executable = True)
        ctx.file("merge.sh", _COVERAGE_MERGE, executable = True)
        ctx.file("BUILD", _COVERAGE_BUILD)

rules_shim = repository_rule(
    implementation = _rules_shim_impl,
    doc = "rules_cc, rules_java or remote_coverage_tools, by its name.",
)
