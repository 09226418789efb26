// The cases of `ours` and `system`: operator new and delete.

#include "mem/cases/load.h"

namespace zokio::mem_cases {
namespace {

constexpr NamedCase kCases[] = {
    {"mem_64_now", [] { return SameSizeAtOnce(64); }},
    {"mem_fifo_1000", [] { return SameSizeBatch(1000, false); }},
    {"mem_random_1000", [] { return SameSizeBatch(1000, true); }},
    {"mem_random_100k", [] { return SameSizeBatch(100'000, true); }},
    {"mem_small_mix", [] { return Replace(8, 256, 10'000, 5'000'000); }},
    {"mem_full_mix", [] { return Replace(8, 65536, 10'000, 5'000'000); }},
    {"mem_1k_5k", &Batch1kTo5k},
    {"mem_large", [] { return Replace(65536, 4 << 20, 64, 1'000'000); }},
    {"mem_large_2thr", [] { return ReplaceOnThreads(65536, 4 << 20, 64, 500'000, 2); }},
    {"mem_prodcons", &ProducerConsumer},
    {"mem_larson", [] { return Larson(2); }},
    {"mem_rss_peak", &ResidentAtPeak},
    {"mem_rss_shrunk", &ResidentAfterShrink},
    {"mem_rss_floor", &PagesAfterShrink},
    {"mem_rss_thinned", &ResidentAfterThinning},
};

}  // namespace

std::span<const NamedCase> Cases() { return kCases; }

}  // namespace zokio::mem_cases
