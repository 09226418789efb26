#include "base/mutex_no_threads.h"

#include <chrono>

#include "base/clock.h"
#include "gtest/gtest.h"

namespace zokio::no_threads {
namespace {

using std::chrono::microseconds;

TEST(MutexNoThreadsTest, HeldOnceAtATime) {
  Mutex mutex;
  {
    MutexLock lock(mutex);
    EXPECT_FALSE(mutex.TryLock());
    lock.Unlock();
    EXPECT_TRUE(mutex.TryLock());
    mutex.Unlock();
    lock.Lock();
  }
  EXPECT_TRUE(mutex.TryLock());
}

TEST(MutexNoThreadsTest, WaitUntilEndsAtTheDeadline) {
  Mutex mutex;
  MutexLock lock(mutex);
  CondVar changed;
  const Instant deadline = Clock::Monotonic().Now() + microseconds(200);
  EXPECT_FALSE(changed.WaitUntil(lock, deadline));
  EXPECT_GE(Clock::Monotonic().Now(), deadline);
}

TEST(MutexNoThreadsDeathTest, WhatWouldBlockForEverIsAnError) {
  Mutex mutex;
  CondVar changed;
  MutexLock lock(mutex);
  EXPECT_DEATH(mutex.Lock(), "waits for a lock that it holds");
  EXPECT_DEATH(changed.Wait(lock), "waits for another one");
  EXPECT_DEATH(changed.WaitUntil(lock, kNever), "waits for another one");
}

}  // namespace
}  // namespace zokio::no_threads
