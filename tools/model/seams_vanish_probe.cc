// Pairs of functions, one through the seams of base and one through the standard library: the
// production build must compile both to the same instructions (tools/model/seams_vanish_test.sh).
#include <atomic>
#include <mutex>

#include "base/asymmetric_fence.h"
#include "base/atomic.h"
#include "base/model_var.h"
#include "base/mutex.h"
#include "base/thread_local.h"

static_assert(std::is_same_v<zokio::Atomic<int>, std::atomic<int>>);
static_assert(sizeof(zokio::ModelVar<int>) == sizeof(int));
static_assert(sizeof(zokio::Mutex) == sizeof(std::mutex));

struct NumberTag;
using Number = zokio::ThreadLocal<int, NumberTag>;
struct Plain {
  static inline constinit thread_local int number{};
};

extern "C" {

int seam_load(zokio::Atomic<int>& word) { return word.load(zokio::memory_order_acquire); }
int plain_load(std::atomic<int>& word) { return word.load(std::memory_order_acquire); }

void seam_store(zokio::Atomic<int>& word, int value) {
  word.store(value, zokio::memory_order_release);
}
void plain_store(std::atomic<int>& word, int value) {
  word.store(value, std::memory_order_release);
}

int seam_add(zokio::Atomic<int>& word) { return word.fetch_add(3, zokio::memory_order_acq_rel); }
int plain_add(std::atomic<int>& word) { return word.fetch_add(3, std::memory_order_acq_rel); }

bool seam_swap(zokio::Atomic<long>& word, long expected, long desired) {  // NOLINT(runtime/int)
  return word.compare_exchange_weak(expected, desired, zokio::memory_order_acq_rel,
                                    zokio::memory_order_acquire);
}
bool plain_swap(std::atomic<long>& word, long expected, long desired) {  // NOLINT(runtime/int)
  return word.compare_exchange_weak(expected, desired, std::memory_order_acq_rel,
                                    std::memory_order_acquire);
}

void seam_lock(zokio::Mutex& mutex, int& value) {
  zokio::MutexLock lock(mutex);
  ++value;
}
void plain_lock(std::mutex& mutex, int& value) {
  std::unique_lock<std::mutex> lock(mutex);
  ++value;
}

int seam_local() { return ++Number::GetInline(); }
int plain_local() { return ++Plain::number; }

int seam_variable(zokio::ModelVar<int>& variable) {
  const int before = variable.Read();
  variable.Write(before + 1);
  return before;
}
int plain_variable(int& variable) {
  const int before = variable;
  variable = before + 1;
  return before;
}

// Has no twin: its fast path must hold no fence and no locked instruction.
bool fence_fast_side(zokio::Atomic<int>& work, zokio::Atomic<int>& sleepers) {
  work.store(1, zokio::memory_order_relaxed);
  zokio::AsymmetricFence::FastSide();
  return sleepers.load(zokio::memory_order_relaxed) != 0;
}

}  // extern "C"

int main() { return 0; }
