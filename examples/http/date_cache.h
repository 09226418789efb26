// DateCache: the text of the Date header, made once a second instead of once an answer.
//
// Thread-safety: Update by one task, Get by any thread. A reader holds the text for an instant; it
//   is overwritten eight updates later at the earliest.
#ifndef ZOKIO_EXAMPLES_HTTP_DATE_CACHE_H_
#define ZOKIO_EXAMPLES_HTTP_DATE_CACHE_H_

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string_view>

#include "base/atomic.h"

namespace zokio::http {

class DateCache {
 public:
  static constexpr size_t kBytes = 29;  // "Sun, 06 Nov 1994 08:49:37 GMT"

  DateCache() { Update(std::time(nullptr)); }

  // Calendar arithmetic of <chrono>, not gmtime_r: that reads /etc/localtime at its first call, and
  // a worker thread reads no files.
  void Update(std::time_t unix_seconds) {
    using std::chrono::days;
    using std::chrono::floor;
    using std::chrono::seconds;
    uint32_t next = (current_.load(memory_order_relaxed) + 1) % kSlots;
    std::chrono::sys_seconds now{seconds(unix_seconds)};
    auto midnight = floor<days>(now);
    std::chrono::year_month_day date(midnight);
    auto second_of_day = static_cast<int>((now - midnight).count());
    auto weekday = std::chrono::weekday(midnight).c_encoding();
    static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char text[64];
    int length = std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT",
                               kDays[weekday], static_cast<unsigned>(date.day()),
                               kMonths[static_cast<unsigned>(date.month()) - 1],
                               static_cast<int>(date.year()), second_of_day / 3600,
                               second_of_day / 60 % 60, second_of_day % 60);
    if (length != static_cast<int>(kBytes)) return;  // no year of five digits
    for (size_t i = 0; i < kBytes; ++i) slots_[next][i] = text[i];
    current_.store(next, memory_order_release);
  }

  std::string_view Get() const {
    return {slots_[current_.load(memory_order_acquire)].data(), kBytes};
  }

 private:
  static constexpr uint32_t kSlots = 8;
  std::array<std::array<char, kBytes>, kSlots> slots_{};
  Atomic<uint32_t> current_{0};
};

}  // namespace zokio::http

#endif  // ZOKIO_EXAMPLES_HTTP_DATE_CACHE_H_
