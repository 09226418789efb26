// Semaphore: a number of permits that tasks take and give back.
//
//   zokio::Semaphore connections(100);
//   auto permit = co_await connections.Acquire();   // given back when `permit` dies
//
// Fair: first come, first served, also where permits are asked for by the dozen: a large request at
// the head holds back the small ones behind it.
//
// Lifetime: outlives its permits and futures.
// Thread-safety: all functions, from any thread.
// Memory ordering: what was done before a permit was given back is seen by who gets it next.
// Cancellation: a dropped Acquire leaves the queue; what it had been granted goes to the next.
// Cost: uncontended one compare-and-swap each way; no allocation.
#ifndef ZOKIO_FUTURE_SEMAPHORE_H_
#define ZOKIO_FUTURE_SEMAPHORE_H_

#include <cstdint>
#include <utility>

#include "future/context.h"
#include "future/poll.h"
#include "future/semaphore_core.h"

namespace zokio {

// Permits held. Move-only.
class [[nodiscard]] SemaphorePermit {
 public:
  SemaphorePermit() = default;
  SemaphorePermit(internal::SemaphoreCore* core, uint32_t count) : core_(core), count_(count) {}
  SemaphorePermit(SemaphorePermit&& other) noexcept
      : core_(std::exchange(other.core_, nullptr)), count_(other.count_) {}
  SemaphorePermit& operator=(SemaphorePermit&& other) noexcept {
    if (this != &other) {
      Release();
      core_ = std::exchange(other.core_, nullptr);
      count_ = other.count_;
    }
    return *this;
  }
  ~SemaphorePermit() { Release(); }

  explicit operator bool() const { return core_ != nullptr; }
  uint32_t count() const { return core_ == nullptr ? 0 : count_; }
  void Release() {
    if (auto* core = std::exchange(core_, nullptr)) core->Release(count_);
  }
  // The permits are gone for good, or given back by `Semaphore::Add`.
  void Forget() { core_ = nullptr; }

 private:
  internal::SemaphoreCore* core_ = nullptr;
  uint32_t count_ = 0;
};

class Semaphore {
 public:
  class [[nodiscard]] AcquireFuture {
   public:
    AcquireFuture(internal::SemaphoreCore* core, uint32_t count) : core_(core) {
      node_.need = count;
    }
    // Movable until its first poll.
    AcquireFuture(AcquireFuture&& other) noexcept : AcquireFuture(other.core_, other.node_.need) {
      ZOKIO_DCHECK(other.node_.state == internal::WaitState::kIdle, "moved after its first poll");
    }
    ~AcquireFuture() { core_->Withdraw(node_); }

    Poll<SemaphorePermit> poll(Context& context) noexcept {
      if (core_->PollAcquire(node_, context).pending()) return kPending;
      return SemaphorePermit(core_, node_.need);
    }

   private:
    internal::SemaphoreCore* core_;
    internal::WaitNode node_;
  };

  explicit Semaphore(uint32_t permits) : core_(permits) {}

  AcquireFuture Acquire(uint32_t count = 1) { return AcquireFuture(&core_, count); }
  // Empty when not all are there at once, or others wait.
  SemaphorePermit TryAcquire(uint32_t count = 1) {
    return core_.TryAcquire(count) ? SemaphorePermit(&core_, count) : SemaphorePermit();
  }
  // More permits than there were.
  void Add(uint32_t count) { core_.Release(count); }

  // May be stale when read.
  uint64_t available() const { return core_.available(); }

 private:
  internal::SemaphoreCore core_;
};

}  // namespace zokio

#endif  // ZOKIO_FUTURE_SEMAPHORE_H_
