// PROGRAM CASE   prints `value=FIGURE work=PAIRS`: nanoseconds of CPU per pair of operator new and
// sized operator delete, or resident bytes per live byte.

#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <string_view>
#include <utility>

#include "mem/cases/load.h"

namespace zokio::mem_cases {

double CpuNs() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

double ResidentBytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  long total = 0;
  long resident = 0;
  if (file == nullptr || std::fscanf(file, "%ld %ld", &total, &resident) != 2) resident = 0;
  if (file != nullptr) std::fclose(file);
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

namespace {

const std::pair<std::string_view, std::function<Outcome()>> kCases[] = {
    {"mem_64_now", [] { return SameSizeAtOnce(64); }},
    {"mem_fifo_1000", [] { return SameSizeBatch(1000, false); }},
    {"mem_random_1000", [] { return SameSizeBatch(1000, true); }},
    {"mem_random_100k", [] { return SameSizeBatch(100'000, true); }},
    {"mem_small_mix", [] { return Replace(8, 256, 10'000, 5'000'000); }},
    {"mem_full_mix", [] { return Replace(8, 65536, 10'000, 5'000'000); }},
    {"mem_1k_5k", [] { return Batch1kTo5k(); }},
    {"mem_large", [] { return Replace(65536, 4 << 20, 64, 1'000'000); }},
    {"mem_large_2thr", [] { return ReplaceOnThreads(65536, 4 << 20, 64, 500'000, 2); }},
    {"mem_prodcons", [] { return ProducerConsumer(); }},
    {"mem_larson", [] { return Larson(2); }},
    {"mem_rss_peak", [] { return ResidentAtPeak(); }},
    {"mem_rss_shrunk", [] { return ResidentAfterShrink(); }},
    {"mem_rss_thinned", [] { return ResidentAfterThinning(); }},
};

int Main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    bool found = false;
    for (const auto& [name, run] : kCases) {
      if (name != argv[i]) continue;
      found = true;
      const Outcome outcome = run();
      if (argc > 2) std::printf("%-16s ", argv[i]);
      std::printf("value=%.2f work=%llu\n", outcome.value,
                  static_cast<unsigned long long>(outcome.work));
      std::fflush(stdout);
    }
    if (!found) return 2;
  }
  return argc > 1 ? 0 : 2;
}

}  // namespace
}  // namespace zokio::mem_cases

int main(int argc, char** argv) { return zokio::mem_cases::Main(argc, argv); }
