// The timer cases' deadlines, the same for every contender, and what is timed.
//
//   timers_insert  every timer is set, an instant between a second and an hour away
//   timers_cancel  and taken out again
//   timers_fire    all are set within ten milliseconds; once the last has passed, all fire
//
// A contender makes `count` timers anew for each run and gives three functions.
#ifndef ZOKIO_TOOLS_COMPARE_LOAD_TIMER_RUN_H_
#define ZOKIO_TOOLS_COMPARE_LOAD_TIMER_RUN_H_

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tools/compare/load/repeat.h"

namespace zokio::compare {

inline constexpr uint64_t kFireAfterUs = 300'000;

// Microseconds from now, of timer `i`.
inline uint64_t TimerDelayUs(bool to_fire, uint64_t i) {
  const uint64_t mixed = (i + 1) * 0x9E3779B97F4A7C15u >> 20;
  constexpr uint64_t kSecond = 1'000'000;
  return to_fire ? kFireAfterUs + mixed % 10'000 : kSecond + mixed % (3599 * kSecond);
}

// `Timers` is constructed with a count; Set(i, delay_us), Cancel(i), Done(), which returns how
// many timers have fired or been cancelled since the beginning.
template <typename Timers>
int RunTimers(const RepeatOptions& options) {
  const bool fire = options.name == "timers_fire";
  const bool cancel = options.name == "timers_cancel";
  if (!fire && !cancel && options.name != "timers_insert") return 2;
  std::vector<std::pair<double, uint64_t>> results;
  for (unsigned run = 0; run <= options.repetitions; ++run) {
    Timers timers(options.count);
    using Clock = std::chrono::steady_clock;
    Clock::time_point start = Clock::now();
    for (uint64_t i = 0; i < options.count; ++i) timers.Set(i, TimerDelayUs(fire, i));
    uint64_t work = options.count;
    if (cancel) {
      start = Clock::now();
      for (uint64_t i = 0; i < options.count; ++i) timers.Cancel(i);
      work = timers.Done();
    } else if (fire) {
      std::this_thread::sleep_until(Clock::now() +
                                    std::chrono::microseconds(kFireAfterUs + 20'000));
      start = Clock::now();
      work = timers.Done();
    }
    const std::chrono::duration<double, std::nano> elapsed = Clock::now() - start;
    // The first run warms up.
    if (run != 0) results.emplace_back(elapsed.count() / static_cast<double>(options.count), work);
  }
  std::sort(results.begin(), results.end());
  const auto& [value, work] = results[results.size() / 2];
  std::printf("value=%.2f work=%llu\n", value, static_cast<unsigned long long>(work));
  return 0;
}

}  // namespace zokio::compare

#endif  // ZOKIO_TOOLS_COMPARE_LOAD_TIMER_RUN_H_
