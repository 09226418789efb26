// HttpDate: the text of the Date header, made anew once a second at most, and only when asked for.
//
// Each thread keeps a text of its own: nothing is shared, and no timer wakes a server that idles.
//
// Thread-safety: any thread. The text is valid until the same thread asks again: append it at once.
// Cost: time() (vDSO, no system call); the calendar once a second for each thread that answers.
#ifndef ZOKIO_EXAMPLES_HTTP_HTTP_DATE_H_
#define ZOKIO_EXAMPLES_HTTP_HTTP_DATE_H_

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string_view>

#include "base/thread_local.h"

namespace zokio::http {

struct CachedDate {
  static constexpr size_t kBytes = 29;  // "Sun, 06 Nov 1994 08:49:37 GMT"

  int64_t unix_seconds;  // what `text` tells, once `made`
  bool made;
  char text[64];
};

struct CachedDateTag;

// Writes what `unix_seconds` is into the cache.
//
// Calendar arithmetic of <chrono>, not gmtime_r: that reads /etc/localtime at its first call, and
// a worker thread reads no files.
inline void MakeDate(CachedDate& cache, int64_t unix_seconds) {
  using std::chrono::days;
  using std::chrono::floor;
  using std::chrono::seconds;
  std::chrono::sys_seconds now{seconds(unix_seconds)};
  auto midnight = floor<days>(now);
  std::chrono::year_month_day date(midnight);
  auto second_of_day = static_cast<int>((now - midnight).count());
  auto weekday = std::chrono::weekday(midnight).c_encoding();
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  char text[64];
  int length =
      std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT", kDays[weekday],
                    static_cast<unsigned>(date.day()),
                    kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                    second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
  if (length != static_cast<int>(CachedDate::kBytes)) return;  // no year of five digits
  for (size_t i = 0; i < CachedDate::kBytes; ++i) cache.text[i] = text[i];
  cache.unix_seconds = unix_seconds;
  cache.made = true;
}

// "Sun, 06 Nov 1994 08:49:37 GMT", of the thread's own cache.  Empty after the year 9999, of which
// there is no such text.
inline std::string_view HttpDate(int64_t unix_seconds) {
  CachedDate& cache = ThreadLocal<CachedDate, CachedDateTag>::Get();
  if (!cache.made || cache.unix_seconds != unix_seconds) MakeDate(cache, unix_seconds);
  return {cache.text, cache.made ? CachedDate::kBytes : 0};
}

}  // namespace zokio::http

#endif  // ZOKIO_EXAMPLES_HTTP_HTTP_DATE_H_
