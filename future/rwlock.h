// RwLock: many readers or one writer; tasks suspend.
//
//   auto reading = co_await lock.Read();
//   auto writing = co_await lock.Write();
//
// Fair: first come, first served. A waiting writer holds back later readers, so neither side
// starves; a task that reads must therefore not read again before it gave up the first guard.
//
// Lifetime, thread-safety, memory ordering, cancellation: as AsyncMutex.
// Cost: uncontended one compare-and-swap each way; no allocation.
#ifndef ZOKIO_FUTURE_RWLOCK_H_
#define ZOKIO_FUTURE_RWLOCK_H_

#include <cstdint>
#include <utility>

#include "future/semaphore.h"

namespace zokio {

class RwLock {
  // A reader takes one permit, a writer all.
  static constexpr uint32_t kAll = 1u << 29;

 public:
  class [[nodiscard]] ReadGuard {
   public:
    ReadGuard() = default;
    explicit ReadGuard(SemaphorePermit permit) : permit_(std::move(permit)) {}
    explicit operator bool() const { return static_cast<bool>(permit_); }
    void Unlock() { permit_.Release(); }

   private:
    SemaphorePermit permit_;
  };

  class [[nodiscard]] WriteGuard {
   public:
    WriteGuard() = default;
    WriteGuard(RwLock* lock, SemaphorePermit permit) : lock_(lock), permit_(std::move(permit)) {}
    explicit operator bool() const { return static_cast<bool>(permit_); }
    void Unlock() { permit_.Release(); }
    // Reads on, without a moment in which another writer could come in between.
    ReadGuard Downgrade() && {
      permit_.Forget();
      lock_->core_.Release(kAll - 1);
      return ReadGuard(SemaphorePermit(&lock_->core_, 1));
    }

   private:
    RwLock* lock_ = nullptr;
    SemaphorePermit permit_;
  };

  class [[nodiscard]] ReadFuture {
   public:
    explicit ReadFuture(RwLock* lock) : acquire_(&lock->core_, 1) {}
    Poll<ReadGuard> poll(Context& context) noexcept {
      Poll<SemaphorePermit> permit = acquire_.poll(context);
      if (permit.pending()) return kPending;
      return ReadGuard(std::move(permit).value());
    }

   private:
    Semaphore::AcquireFuture acquire_;
  };

  class [[nodiscard]] WriteFuture {
   public:
    explicit WriteFuture(RwLock* lock) : lock_(lock), acquire_(&lock->core_, kAll) {}
    Poll<WriteGuard> poll(Context& context) noexcept {
      Poll<SemaphorePermit> permit = acquire_.poll(context);
      if (permit.pending()) return kPending;
      return WriteGuard(lock_, std::move(permit).value());
    }

   private:
    RwLock* lock_;
    Semaphore::AcquireFuture acquire_;
  };

  RwLock() : core_(kAll) {}

  ReadFuture Read() { return ReadFuture(this); }
  WriteFuture Write() { return WriteFuture(this); }
  // Empty guards when they cannot be had at once.
  ReadGuard TryRead() {
    return core_.TryAcquire(1) ? ReadGuard(SemaphorePermit(&core_, 1)) : ReadGuard();
  }
  WriteGuard TryWrite() {
    return core_.TryAcquire(kAll) ? WriteGuard(this, SemaphorePermit(&core_, kAll)) : WriteGuard();
  }

 private:
  internal::SemaphoreCore core_;
};

}  // namespace zokio

#endif  // ZOKIO_FUTURE_RWLOCK_H_
