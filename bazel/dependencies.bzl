"""All that a workspace which uses Zokio needs: one call.

    load("@zokio//bazel:dependencies.bzl", "zokio_dependencies")

    zokio_dependencies()

A repository that the workspace already defines is left as it is, so whoever brings the real
sources of abseil, GoogleTest or another library declares them before this call.
"""

load("//bazel:shims.bzl", "rules_shim")
load("//bazel/system_libs:absl.bzl", "system_absl")
load("//bazel/system_libs:libraries.bzl", "SYSTEM_LIBRARIES")
load("//bazel/system_libs:system_library.bzl", "system_library")

def zokio_dependencies():
    """Declares the libraries of the system and what Debian's Bazel lacks."""

    # Debian's build reports no version and carries none of the rules that every released Bazel
    # would download; a released Bazel keeps its own.
    if not native.bazel_version:
        for name in ["rules_cc", "rules_java", "remote_coverage_tools"]:
            if name not in native.existing_rules():
                rules_shim(name = name)
    if "com_google_absl" not in native.existing_rules():
        system_absl(name = "com_google_absl")
    for name, spec in SYSTEM_LIBRARIES.items():
        if name not in native.existing_rules():
            system_library(
                name = name,
                apt = spec["apt"],
                header = spec["header"],
                targets = spec["targets"],
            )
