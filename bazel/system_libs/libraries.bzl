"""The system libraries, under the repository and target names that upstream uses."""

SYSTEM_LIBRARIES = {
    "boringssl": {
        "apt": "libssl-dev",
        "header": "openssl/ssl.h",
        "targets": {"crypto": ["crypto"], "ssl": ["ssl", "crypto"]},
    },
    "boost": {
        "apt": "libboost-dev",
        "header": "boost/asio.hpp",
        "targets": {"asio": []},
    },
    "c_ares": {
        "apt": "libc-ares-dev",
        "header": "ares.h",
        "targets": {"ares": ["cares"], "c_ares": ["cares"]},
    },
    "com_github_jupp0r_prometheus_cpp": {
        "apt": "prometheus-cpp-dev",
        "header": "prometheus/registry.h",
        "targets": {
            "core:core": ["prometheus-cpp-core"],
            "pull:pull": ["prometheus-cpp-pull", "prometheus-cpp-core"],
        },
    },
    "com_google_benchmark": {
        "apt": "libbenchmark-dev",
        "header": "benchmark/benchmark.h",
        "targets": {
            "benchmark": ["benchmark"],
            "benchmark_main": ["benchmark_main", "benchmark"],
        },
    },
    "com_google_googletest": {
        "apt": "libgtest-dev libgmock-dev",
        "header": "gmock/gmock.h",
        "targets": {
            "gtest": ["gmock", "gtest"],
            "gtest_main": ["gtest_main", "gmock", "gtest"],
        },
    },
    "com_google_tcmalloc": {
        "apt": "libgoogle-perftools-dev",
        "header": "gperftools/malloc_extension.h",
        "targets": {
            "tcmalloc:tcmalloc": ["tcmalloc_minimal"],
            "tcmalloc:malloc_extension": ["tcmalloc_minimal"],
        },
    },
    "highway": {
        "apt": "libhwy-dev",
        "header": "hwy/highway.h",
        "targets": {"hwy": ["hwy"]},
    },
    "hwloc": {
        "apt": "libhwloc-dev",
        "header": "hwloc.h",
        "targets": {"hwloc": ["hwloc"]},
    },
    "libnuma": {
        "apt": "libnuma-dev",
        "header": "numa.h",
        "targets": {"libnuma": ["numa"], "numa": ["numa"]},
    },
    "liburing": {
        "apt": "liburing-dev",
        "header": "liburing.h",
        "targets": {"liburing": ["uring"]},
    },
    "libuv": {
        "apt": "libuv1-dev",
        "header": "uv.h",
        "targets": {"libuv": ["uv"]},
    },
    "oneTBB": {
        "apt": "libtbb-dev",
        "header": "tbb/task_group.h",
        "targets": {"tbb": ["tbb"]},
    },
    "openssl": {
        "apt": "libssl-dev",
        "header": "openssl/ssl.h",
        "targets": {"crypto": ["crypto"], "ssl": ["ssl", "crypto"]},
    },
}
