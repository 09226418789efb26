// Retry(policy, make): tries until it succeeds, waiting longer each time.
//
//   zokio::RetryPolicy policy;
//   policy.attempts_max = 5;
//   zokio::Result<Conn> c = co_await zokio::Retry(policy, [&] { return Connect(address); });
//
// `make` gives a future of Result<T> for each attempt. After a failure it waits first_delay, then
// `factor` times as long, at most delay_max; each wait is shortened at random by up to `jitter` of
// itself, so that many that failed together do not come back together.
//
// Errors: the last attempt's. `retry_if`, if given, says which errors are worth another attempt.
// Cancellation: dropping it drops the attempt or the wait that is under way.
// Cost: one pooled frame; needs an executor with a timer.
#ifndef ZOKIO_FUTURE_RETRY_H_
#define ZOKIO_FUTURE_RETRY_H_

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "future/future.h"
#include "future/sleep.h"
#include "future/task.h"

namespace zokio {

struct RetryPolicy {
  RetryPolicy() {}  // NOLINT(modernize-use-equals-default): no aggregate, see the style guide

  uint32_t attempts_max = 3;
  Duration first_delay = std::chrono::milliseconds(10);
  Duration delay_max = std::chrono::seconds(10);
  double factor = 2;
  double jitter = 0.5;  // 0: none, 1: anything down to no wait
  uint64_t seed = 1;
  bool (*retry_if)(const Error& error) = nullptr;
};

namespace internal {

// The wait before attempt `attempt` (the second is 1).
inline Duration RetryDelay(const RetryPolicy& policy, uint32_t attempt, Random& random) {
  auto delay = static_cast<double>(policy.first_delay.count());
  for (uint32_t i = 1; i < attempt; ++i) delay *= policy.factor;
  delay = std::min(delay, static_cast<double>(policy.delay_max.count()));
  double part = static_cast<double>(random.Below(1u << 20)) / (1u << 20);
  return Duration(static_cast<int64_t>(delay * (1 - policy.jitter * part)));
}

}  // namespace internal

template <typename Make>
Task<AwaitedOf<std::invoke_result_t<Make&>>> Retry(RetryPolicy policy, Make make) {
  static_assert(kIsResult<AwaitedOf<std::invoke_result_t<Make&>>>,
                "Retry: the attempts must yield a Result");
  Random random(policy.seed);
  for (uint32_t attempt = 1;; ++attempt) {
    auto result = co_await make();
    if (result.ok() || attempt >= policy.attempts_max) co_return std::move(result);
    if (policy.retry_if != nullptr && !policy.retry_if(result.error())) co_return std::move(result);
    co_await Sleep(internal::RetryDelay(policy, attempt, random));
  }
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_RETRY_H_
