"""A Python test that needs nothing but the system's python3 and its standard library."""

def python_test(name, src, data = [], **kwargs):
    """Runs `src`, which ends in unittest.main(), from the workspace's root."""
    native.sh_test(
        name = name,
        srcs = ["//tools/check:run_python.sh"],
        args = [
            "$(location %s)" % src,
            "-v",  # names each case and the reason of each skip
        ],
        data = [src] + data,
        size = "small",
        **kwargs
    )
