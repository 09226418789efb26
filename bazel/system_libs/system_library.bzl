"""A library that the system's package manager installed, as a repository of its upstream name.

The repository is lazy: only a target that uses it fails when it is missing, with the name of the
package to install.
"""

_HEADER_ROOTS = ["/usr/include", "/usr/include/x86_64-linux-gnu", "/usr/include/aarch64-linux-gnu"]

def require_header(ctx, header, apt):
    """Fails with the Debian package's name when `header` is not installed; returns its path."""
    for root in _HEADER_ROOTS:
        path = ctx.path(root + "/" + header)
        if path.exists:
            return path
    fail("\n@%s: <%s> is not installed. Install it with:  apt-get install %s\n" % (
        ctx.name,
        header,
        apt,
    ))

def link_options(libraries):
    """Linker options for system libraries, of which only those that are used stay."""
    if not libraries:
        return []
    return ["-Wl,--push-state,--as-needed"] + ["-l" + l for l in libraries] + ["-Wl,--pop-state"]

def library_rule(name, libraries, testonly = False):
    """The text of a cc_library which adds `libraries` to the link."""
    return 'cc_library(name = "%s", linkopts = %r, testonly = %s)\n' % (
        name,
        link_options(libraries),
        testonly,
    )

BUILD_HEAD = """load("@rules_cc//cc:defs.bzl", "cc_library")
package(default_visibility = ["//visibility:public"])
"""

def _system_library_impl(ctx):
    require_header(ctx, ctx.attr.header, ctx.attr.apt)
    packages = {}
    for target, libraries in ctx.attr.targets.items():
        package, _, name = target.rpartition(":")
        packages[package] = packages.get(package, BUILD_HEAD) + library_rule(name, libraries)
    if "" not in packages:
        ctx.file("BUILD", "")
    for package, text in packages.items():
        ctx.file((package + "/" if package else "") + "BUILD", text)

system_library = repository_rule(
    implementation = _system_library_impl,
    attrs = {
        "apt": attr.string(mandatory = True, doc = "Debian package to name in the error."),
        "header": attr.string(mandatory = True, doc = "Header whose presence is checked."),
        "targets": attr.string_list_dict(
            mandatory = True,
            doc = "Target, with its package before a colon where it has one, to library names.",
        ),
    },
    configure = True,
    local = True,
)
