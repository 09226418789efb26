// How every in-process case is timed: once to warm up, then some times; the median counts.
//
//   PROGRAM CASE COUNT WORKERS REPETITIONS   prints `value=NS_PER_ITEM work=SUM`
//
// SUM is what the items of the median run themselves computed; the harness knows what it must be.
#ifndef ZOKIO_TOOLS_COMPARE_LOAD_REPEAT_H_
#define ZOKIO_TOOLS_COMPARE_LOAD_REPEAT_H_

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

namespace zokio::compare {

struct RepeatOptions {
  std::string_view name;
  uint64_t count;
  unsigned workers;
  unsigned repetitions;
};

// Reads the four arguments; ends the program with a usage line when they are not four.
inline RepeatOptions ParseRepeatOptions(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: %s CASE COUNT WORKERS REPETITIONS\n", argv[0]);
    std::exit(2);
  }
  return {.name = argv[1],
          .count = std::strtoull(argv[2], nullptr, 10),
          .workers = static_cast<unsigned>(std::atoi(argv[3])),
          .repetitions = static_cast<unsigned>(std::atoi(argv[4]))};
}

// Times `run`, which takes the count and returns the sum of the work done.
template <typename Run>
void Repeat(const RepeatOptions& options, Run&& run) {
  run(options.count);
  std::vector<std::pair<double, uint64_t>> results;
  for (unsigned i = 0; i < options.repetitions; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const uint64_t sum = run(options.count);
    const std::chrono::duration<double, std::nano> elapsed =
        std::chrono::steady_clock::now() - start;
    results.emplace_back(elapsed.count() / static_cast<double>(options.count), sum);
  }
  std::sort(results.begin(), results.end());
  const auto& [value, sum] = results[results.size() / 2];
  std::printf("value=%.2f work=%llu\n", value, static_cast<unsigned long long>(sum));
}

}  // namespace zokio::compare

#endif  // ZOKIO_TOOLS_COMPARE_LOAD_REPEAT_H_
