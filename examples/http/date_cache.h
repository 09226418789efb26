// DateCache: the text of the Date header, made once a second instead of once an answer.
//
// Thread-safety: Update by one task, Get by any thread. A reader holds the text for an instant; it
//   is overwritten eight updates later at the earliest.
#ifndef ZOKIO_EXAMPLES_HTTP_DATE_CACHE_H_
#define ZOKIO_EXAMPLES_HTTP_DATE_CACHE_H_

#include <array>
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

  void Update(std::time_t now) {
    uint32_t next = (current_.load(memory_order_relaxed) + 1) % kSlots;
    std::tm parts;
    gmtime_r(&now, &parts);
    // strftime's names depend on the locale; these do not.
    static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char text[64];
    int length = std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT",
                               kDays[parts.tm_wday], parts.tm_mday, kMonths[parts.tm_mon],
                               parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
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
