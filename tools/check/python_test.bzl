"""A Python test that needs nothing but the system's python3 and its standard library."""

def python_test(name, src, data = [], **kwargs):
    """Runs `src` (executable, with a python3 line) from the workspace's root."""
    native.sh_test(
        name = name,
        srcs = ["//tools/check:run_python.sh"],
        args = ["$(location %s)" % src],
        data = [src] + data,
        size = "small",
        **kwargs
    )
