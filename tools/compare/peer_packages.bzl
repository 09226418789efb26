"""Which of the peers' Debian packages are installed, asked when the workspace is loaded.

A peer that is missing must not keep the others from being built, so this repository, unlike the
system libraries of //bazel/system_libs, never fails: `@compare_peer_packages//:installed.bzl` holds
one constant per package, the name to install or an empty string when it is there.
"""

# Constant: (package to install, a file that it brings).
_PACKAGES = {
    "BOOST": ("libboost1.81-dev", "/usr/include/boost/asio/detail/io_uring_service.hpp"),
    "BOOST_FIBER": ("libboost-fiber1.81-dev", "/usr/include/boost/fiber/fiber.hpp"),
    "CAF": ("libcaf-dev", "/usr/include/caf/all.hpp"),
    "CARGO": ("cargo", "/usr/bin/cargo"),
    "ERLANG": ("erlang-base", "/usr/bin/escript"),
    "LIBUV": ("libuv1-dev", "/usr/include/uv.h"),
    "MOODYCAMEL": (
        "libconcurrentqueue-dev",
        "/usr/include/concurrentqueue/concurrentqueue.h",
    ),
    "TBB": ("libtbb-dev", "/usr/include/oneapi/tbb/task_group.h"),
    "TOKIO": ("librust-tokio-dev", "/usr/share/cargo/registry/tokio-1.24.2/Cargo.toml"),
}

def _peer_packages_impl(ctx):
    lines = ["# Name of the package that is missing, or an empty string."]
    for constant, (package, file) in sorted(_PACKAGES.items()):
        lines.append('%s = "%s"' % (constant, "" if ctx.path(file).exists else package))
    ctx.file("BUILD", "")
    ctx.file("installed.bzl", "\n".join(lines) + "\n")

_peer_packages = repository_rule(
    implementation = _peer_packages_impl,
    configure = True,
    local = True,
)

def compare_peer_packages():
    """Declares @compare_peer_packages, which //tools/compare/peers loads."""
    _peer_packages(name = "compare_peer_packages")
