#include "base/futex.h"

#ifdef ZOKIO_MODEL
#include "base/model/engine.h"
#endif

#if defined(__linux__)

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "base/check.h"

namespace zokio {

bool FutexWait(Atomic<uint32_t>& word, uint32_t expected, Instant deadline) {
#ifdef ZOKIO_MODEL
  if (model::Engine* engine = model::CurrentEngine()) {
    return engine->FutexWait(&word, sizeof word, expected, deadline != kNever,
                             model::SourceLocation::current());
  }
#endif
  timespec limit{};
  timespec* limit_arg = nullptr;
  if (deadline != kNever) {
    int64_t deadline_ns = deadline.time_since_epoch().count();
    if (deadline_ns < 0) deadline_ns = 0;
    limit.tv_sec = static_cast<time_t>(deadline_ns / 1'000'000'000);
    limit.tv_nsec = static_cast<long>(deadline_ns % 1'000'000'000);  // NOLINT(runtime/int)
    limit_arg = &limit;
  }
  // FUTEX_WAIT_BITSET takes an absolute time of CLOCK_MONOTONIC, which steady_clock is here.
  long answer = syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected,
                        limit_arg, nullptr, FUTEX_BITSET_MATCH_ANY);
  if (answer == 0) return true;
  ZOKIO_CHECK(errno == ETIMEDOUT || errno == EAGAIN || errno == EINTR, "futex wait");
  return errno != ETIMEDOUT;
}

void FutexWake(Atomic<uint32_t>& word, int count) {
#ifdef ZOKIO_MODEL
  if (model::Engine* engine = model::CurrentEngine()) {
    engine->FutexWake(&word, sizeof word, count > 1, model::SourceLocation::current());
    return;
  }
#endif
  // An error (EFAULT) means that the woken thread freed the word already: it is awake.
  syscall(SYS_futex, &word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, count, nullptr, nullptr, 0);
}

}  // namespace zokio

#elif !defined(__wasm__)

#include <condition_variable>
#include <mutex>

namespace zokio {
namespace {

struct Bucket {
  std::mutex mutex;
  std::condition_variable changed;
};

Bucket& BucketOf(const void* address) {
  static Bucket buckets[64];
  return buckets[(reinterpret_cast<uintptr_t>(address) >> 4) % 64];
}

}  // namespace

bool FutexWait(Atomic<uint32_t>& word, uint32_t expected, Instant deadline) {
  Bucket& bucket = BucketOf(&word);
  std::unique_lock<std::mutex> lock(bucket.mutex);
  if (word.load(std::memory_order_acquire) != expected) return true;
  if (deadline == kNever) {
    bucket.changed.wait(lock);
    return true;
  }
  return bucket.changed.wait_until(lock, deadline) == std::cv_status::no_timeout;
}

void FutexWake(Atomic<uint32_t>& word, int) {
  Bucket& bucket = BucketOf(&word);
  {
    std::lock_guard<std::mutex> lock(bucket.mutex);
  }
  bucket.changed.notify_all();
}

}  // namespace zokio

#else  // wasm without threads: nobody could wake a sleeper.

#include "base/check.h"

namespace zokio {

bool FutexWait(Atomic<uint32_t>&, uint32_t, Instant deadline) {
  ZOKIO_CHECK(deadline != kNever, "a single-threaded program would sleep for ever");
  while (Clock::Monotonic().Now() < deadline) {
  }
  return false;
}

void FutexWake(Atomic<uint32_t>&, int) {}

}  // namespace zokio

#endif
