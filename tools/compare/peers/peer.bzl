"""A peer's program, or a note of the Debian package without which it cannot be built.

Either way the target is one file for the harness's runfiles: `NAME`, or `NAME.missing` that holds
the package's name.
"""

load("//bazel:defs.bzl", "zokio_cc_binary")

def _missing(name, package):
    native.genrule(
        name = name + "_missing",
        outs = [name + ".missing"],
        cmd = "echo %s > $@" % package,
    )
    native.filegroup(
        name = name,
        srcs = [name + ".missing"],
        visibility = ["//tools/compare:__subpackages__"],
    )

def cc_peer(name, missing, srcs, deps = [], **kwargs):
    """A peer in C++; `missing` is the package that is not installed, or empty."""
    if missing:
        _missing(name, missing)
        return
    zokio_cc_binary(
        name = name,
        srcs = srcs,
        visibility = ["//tools/compare:__subpackages__"],
        deps = deps,
        **kwargs
    )

def cargo_peers(crate, programs, missing):
    """Peers in Rust: the programs of one crate, built by Debian's cargo from Debian's crates."""
    if missing:
        for name in programs:
            _missing(name, missing)
        return
    native.genrule(
        name = crate + "_crate",
        srcs = native.glob([crate + "/**"]),
        outs = programs,
        cmd = "$(location cargo_build) %s $(@D) %s" % (
            native.package_name() + "/" + crate,
            " ".join(programs),
        ),
        exec_tools = ["cargo_build"],
        message = "Building with cargo",
        # A minute and a half of compiling: only for whoever compares.
        tags = ["manual"],
        visibility = ["//tools/compare:__subpackages__"],
    )

def script_peer(name, missing, src):
    """A peer that its own interpreter runs; `src` begins with the line that names it."""
    if missing:
        _missing(name, missing)
        return
    native.genrule(
        name = name + "_script",
        srcs = [src],
        outs = [name],
        cmd = "cp $< $@ && chmod +x $@",
        visibility = ["//tools/compare:__subpackages__"],
    )
