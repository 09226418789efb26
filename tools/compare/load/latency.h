// What the cases of delays have in common: how long background work takes, and the percentile.
#ifndef ZOKIO_TOOLS_COMPARE_LOAD_LATENCY_H_
#define ZOKIO_TOOLS_COMPARE_LOAD_LATENCY_H_

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "base/parker.h"

namespace zokio::compare {

// A poll of a background task; between two events there are some of them.
inline constexpr int64_t kBackgroundPollUs = 20;
inline constexpr int64_t kBetweenEventsUs = 200;

inline void WorkFor(int64_t us) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(us);
  while (std::chrono::steady_clock::now() < end) {
  }
}

// `event(&delay_ns, &done)` starts something that stores its delay and then unparks.
template <typename Event>
double P99DelayUs(uint64_t count, Event event) {
  std::vector<int64_t> delays(count);
  Parker done;
  for (int64_t& delay : delays) {
    std::this_thread::sleep_for(std::chrono::microseconds(kBetweenEventsUs));
    event(&delay, &done);
    done.Park();
  }
  std::sort(delays.begin(), delays.end());
  return static_cast<double>(delays[count * 99 / 100]) / 1e3;
}

}  // namespace zokio::compare

#endif  // ZOKIO_TOOLS_COMPARE_LOAD_LATENCY_H_
