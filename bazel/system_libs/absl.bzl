"""Debian's abseil under upstream's labels: @com_google_absl//absl/strings:str_format, ...

Upstream's targets are named after their headers nearly everywhere, so a target is made for each
header and one for each folder. Each links the whole of abseil as needed; what is unused is dropped.
"""

load("//bazel/system_libs:system_library.bzl", "BUILD_HEAD", "library_rule", "require_header")

# Targets upstream that no header is named after.
_EXTRA = {
    "base": ["core_headers"],
    "container": ["hashtable_debug", "node_hash_policy"],
    "numeric": ["representation"],
    "random": ["bit_gen_ref", "mocking_bit_gen"],
    "strings": ["string_view"],
}

def _system_absl_impl(ctx):
    root = require_header(ctx, "absl/base/config.h", "libabsl-dev").dirname.dirname
    found = ctx.execute(["sh", "-c", "ls /usr/lib/libabsl_*.so /usr/lib/*/libabsl_*.so"])
    libraries = []
    for path in found.stdout.split("\n"):
        if path:
            libraries.append(path.rpartition("/")[2][len("lib"):-len(".so")])
    everything = library_rule("absl", libraries)
    ctx.file("BUILD", BUILD_HEAD + everything)
    for folder in root.readdir():
        names = {folder.basename: True}
        for extra in _EXTRA.get(folder.basename, []):
            names[extra] = True
        for header in folder.readdir():
            if header.basename.endswith(".h"):
                names[header.basename[:-len(".h")]] = True
        text = BUILD_HEAD
        for name in sorted(names):
            text += 'cc_library(name = "%s", deps = ["@%s//:absl"])\n' % (name, ctx.name)
        ctx.file("absl/%s/BUILD" % folder.basename, text)

system_absl = repository_rule(
    implementation = _system_absl_impl,
    configure = True,
    local = True,
)
