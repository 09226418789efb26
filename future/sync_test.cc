// The guarantees of locks, semaphore, notify and event, one test each.
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

#include "future/event.h"
#include "future/local_executor.h"
#include "future/mutex.h"
#include "future/notify.h"
#include "future/rwlock.h"
#include "future/semaphore.h"
#include "future/testing.h"
#include "future/yield.h"
#include "gtest/gtest.h"

namespace zokio {
namespace {

using ::zokio::testing::ManualContext;

static_assert(sizeof(internal::WaitNode) <= 48);

TEST(AsyncMutexTest, LocksAndUnlocks) {
  AsyncMutex mutex;
  ManualContext manual;
  {
    auto lock = mutex.Lock();
    AsyncMutex::Guard guard = lock.poll(manual.context).value();
    EXPECT_TRUE(guard);
    EXPECT_FALSE(mutex.TryLock());
  }
  EXPECT_TRUE(mutex.TryLock());
}

TEST(AsyncMutexTest, HandsOverInTheOrderOfArrival) {
  AsyncMutex mutex;
  std::vector<int> order;
  LocalExecutor executor;
  auto body = [](AsyncMutex* m, std::vector<int>* log, int id) -> Task<> {
    for (int round = 0; round < 3; ++round) {
      AsyncMutex::Guard guard = co_await m->Lock();
      log->push_back(id);
      co_await Yield();
    }
  };
  for (int id = 0; id < 4; ++id) Spawn(executor, body(&mutex, &order, id)).Detach();
  executor.RunUntilIdle();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3}));
}

TEST(AsyncMutexTest, AHandedOverLockCannotBeOvertaken) {
  AsyncMutex mutex;
  ManualContext manual;
  AsyncMutex::Guard first = mutex.TryLock();
  auto waiting = mutex.Lock();
  EXPECT_TRUE(waiting.poll(manual.context).pending());
  first.Unlock();
  EXPECT_EQ(manual.counter.wakes(), 1);
  EXPECT_FALSE(mutex.TryLock());
  auto late = mutex.Lock();
  EXPECT_TRUE(late.poll(manual.context).pending());
  {
    AsyncMutex::Guard second = waiting.poll(manual.context).value();
  }
  EXPECT_TRUE(late.poll(manual.context).ready());
}

TEST(AsyncMutexTest, ADroppedWaiterLeavesTheQueue) {
  AsyncMutex mutex;
  ManualContext manual;
  AsyncMutex::Guard held = mutex.TryLock();
  {
    auto waiting = mutex.Lock();
    EXPECT_TRUE(waiting.poll(manual.context).pending());
    EXPECT_EQ(manual.counter.clones(), 2);
  }
  EXPECT_EQ(manual.counter.clones(), 1);
  held.Unlock();
  EXPECT_TRUE(mutex.TryLock());
}

TEST(AsyncMutexTest, AWaiterDroppedAfterTheHandOverPassesItOn) {
  AsyncMutex mutex;
  ManualContext manual;
  AsyncMutex::Guard held = mutex.TryLock();
  std::optional<AsyncMutex::LockFuture> first(mutex.Lock());
  auto second = mutex.Lock();
  EXPECT_TRUE(first->poll(manual.context).pending());
  EXPECT_TRUE(second.poll(manual.context).pending());
  held.Unlock();
  first.reset();
  EXPECT_EQ(manual.counter.wakes(), 2);
  EXPECT_TRUE(second.poll(manual.context).ready());
}

TEST(AsyncMutexTest, TheLastPollsWakerCounts) {
  AsyncMutex mutex;
  ManualContext first;
  ManualContext second;
  AsyncMutex::Guard held = mutex.TryLock();
  auto waiting = mutex.Lock();
  EXPECT_TRUE(waiting.poll(first.context).pending());
  EXPECT_TRUE(waiting.poll(second.context).pending());
  EXPECT_EQ(first.counter.clones(), 1);
  held.Unlock();
  EXPECT_EQ(first.counter.wakes(), 0);
  EXPECT_EQ(second.counter.wakes(), 1);
}

TEST(AsyncMutexTest, AnExceptionUnlocks) {
  AsyncMutex mutex;
  auto thrower = [](AsyncMutex* m) -> Task<> {
    AsyncMutex::Guard guard = co_await m->Lock();
    throw std::runtime_error("inside");
  };
  EXPECT_THROW(BlockOn(thrower(&mutex)), std::runtime_error);
  EXPECT_TRUE(mutex.TryLock());
}

TEST(AsyncMutexTest, SpendsTheBudget) {
  AsyncMutex mutex;
  LocalExecutor executor;
  auto greedy = [](AsyncMutex* m) -> Task<> {
    for (int i = 0; i < 3 * kPollBudget; ++i) AsyncMutex::Guard guard = co_await m->Lock();
  };
  auto handle = Spawn(executor, greedy(&mutex));
  EXPECT_EQ(executor.RunUntilIdle(), 3u);
  EXPECT_TRUE(handle.finished());
}

TEST(SemaphoreTest, GivesWhatIsThere) {
  Semaphore semaphore(3);
  SemaphorePermit two = semaphore.TryAcquire(2);
  EXPECT_EQ(two.count(), 2u);
  EXPECT_FALSE(semaphore.TryAcquire(2));
  EXPECT_TRUE(semaphore.TryAcquire(1));
  EXPECT_EQ(semaphore.available(), 1u);
  two.Release();
  EXPECT_EQ(semaphore.available(), 3u);
  semaphore.TryAcquire(1).Forget();
  semaphore.Add(2);
  EXPECT_EQ(semaphore.available(), 4u);
}

TEST(SemaphoreTest, ALargeRequestIsNotOvertakenBySmallOnes) {
  Semaphore semaphore(2);
  ManualContext manual;
  SemaphorePermit one = semaphore.TryAcquire(1);
  std::optional<Semaphore::AcquireFuture> large(semaphore.Acquire(2));
  auto small = semaphore.Acquire(1);
  EXPECT_TRUE(large->poll(manual.context).pending());
  EXPECT_TRUE(small.poll(manual.context).pending());
  EXPECT_FALSE(semaphore.TryAcquire(1));
  large.reset();  // the small one fits now
  EXPECT_EQ(manual.counter.wakes(), 1);
  EXPECT_TRUE(small.poll(manual.context).ready());
}

TEST(SemaphoreTest, AddingManyPermitsServesManyWaiters) {
  Semaphore semaphore(0);
  LocalExecutor executor;
  int passed = 0;
  auto body = [](Semaphore* s, int* count) -> Task<> {
    (co_await s->Acquire()).Forget();
    ++*count;
  };
  for (int i = 0; i < 100; ++i) Spawn(executor, body(&semaphore, &passed)).Detach();
  executor.RunUntilIdle();
  EXPECT_EQ(passed, 0);
  semaphore.Add(99);
  executor.RunUntilIdle();
  EXPECT_EQ(passed, 99);
  semaphore.Add(2);
  executor.RunUntilIdle();
  EXPECT_EQ(passed, 100);
  EXPECT_EQ(semaphore.available(), 1u);
}

TEST(RwLockTest, ReadersShareAndAWriterExcludes) {
  RwLock lock;
  RwLock::ReadGuard a = lock.TryRead();
  RwLock::ReadGuard b = lock.TryRead();
  EXPECT_TRUE(a && b);
  EXPECT_FALSE(lock.TryWrite());
  a.Unlock();
  b.Unlock();
  RwLock::WriteGuard writer = lock.TryWrite();
  EXPECT_TRUE(writer);
  EXPECT_FALSE(lock.TryRead());
}

TEST(RwLockTest, AWaitingWriterHoldsBackLaterReaders) {
  RwLock lock;
  ManualContext manual;
  RwLock::ReadGuard reading = lock.TryRead();
  auto write = lock.Write();
  auto read = lock.Read();
  EXPECT_TRUE(write.poll(manual.context).pending());
  EXPECT_TRUE(read.poll(manual.context).pending());
  EXPECT_FALSE(lock.TryRead());
  reading.Unlock();
  {
    RwLock::WriteGuard writing = write.poll(manual.context).value();
    EXPECT_TRUE(read.poll(manual.context).pending());
  }
  EXPECT_TRUE(read.poll(manual.context).ready());
}

TEST(RwLockTest, DowngradingLetsReadersInButNoWriter) {
  RwLock lock;
  ManualContext manual;
  RwLock::WriteGuard writer = lock.TryWrite();
  auto read = lock.Read();
  EXPECT_TRUE(read.poll(manual.context).pending());
  RwLock::ReadGuard reader = std::move(writer).Downgrade();
  EXPECT_TRUE(read.poll(manual.context).ready());
  EXPECT_FALSE(lock.TryWrite());
  reader.Unlock();
  EXPECT_TRUE(lock.TryWrite());
}

TEST(NotifyTest, OneIsRememberedOnce) {
  Notify notify;
  ManualContext manual;
  notify.NotifyOne();
  notify.NotifyOne();
  auto first = notify.Wait();
  auto second = notify.Wait();
  EXPECT_TRUE(first.poll(manual.context).ready());
  EXPECT_TRUE(second.poll(manual.context).pending());
}

TEST(NotifyTest, OneWakesTheLongestWaiting) {
  Notify notify;
  ManualContext a;
  ManualContext b;
  auto first = notify.Wait();
  auto second = notify.Wait();
  EXPECT_TRUE(first.poll(a.context).pending());
  EXPECT_TRUE(second.poll(b.context).pending());
  notify.NotifyOne();
  EXPECT_EQ(a.counter.wakes(), 1);
  EXPECT_EQ(b.counter.wakes(), 0);
  EXPECT_TRUE(second.poll(b.context).pending());
}

TEST(NotifyTest, ADroppedChosenWaiterPassesItOn) {
  Notify notify;
  ManualContext manual;
  std::optional<Notify::WaitFuture> first(notify.Wait());
  auto second = notify.Wait();
  EXPECT_TRUE(first->poll(manual.context).pending());
  EXPECT_TRUE(second.poll(manual.context).pending());
  notify.NotifyOne();
  first.reset();
  EXPECT_TRUE(second.poll(manual.context).ready());
}

TEST(NotifyTest, ADroppedChosenWaiterPassesItOnAlsoAfterANotificationOfAll) {
  Notify notify;
  ManualContext manual;
  std::optional<Notify::WaitFuture> chosen(notify.Wait());
  std::optional<Notify::WaitFuture> swept(notify.Wait());
  EXPECT_TRUE(chosen->poll(manual.context).pending());
  EXPECT_TRUE(swept->poll(manual.context).pending());
  notify.NotifyOne();
  notify.NotifyAll();
  auto late = notify.Wait();
  EXPECT_TRUE(late.poll(manual.context).pending());
  swept.reset();  // what was for all is not passed on
  EXPECT_TRUE(late.poll(manual.context).pending());
  chosen.reset();
  EXPECT_TRUE(late.poll(manual.context).ready());
}

TEST(NotifyTest, AllReachesThoseMadeBeforeAndNoOther) {
  Notify notify;
  ManualContext manual;
  auto polled = notify.Wait();
  auto made = notify.Wait();
  EXPECT_TRUE(polled.poll(manual.context).pending());
  notify.NotifyAll();
  auto late = notify.Wait();
  EXPECT_TRUE(polled.poll(manual.context).ready());
  EXPECT_TRUE(made.poll(manual.context).ready());
  EXPECT_TRUE(late.poll(manual.context).pending());
}

TEST(NotifyTest, AllWakesMoreThanOneBatch) {
  Notify notify;
  LocalExecutor executor;
  int woken = 0;
  auto body = [](Notify* n, int* count) -> Task<> {
    co_await n->Wait();
    ++*count;
  };
  for (int i = 0; i < 50; ++i) Spawn(executor, body(&notify, &woken)).Detach();
  executor.RunUntilIdle();
  notify.NotifyAll();
  executor.RunUntilIdle();
  EXPECT_EQ(woken, 50);
}

TEST(EventTest, PassesWhileSetAndWaitsAfterAReset) {
  Event event;
  ManualContext manual;
  auto wait = event.Wait();
  EXPECT_TRUE(wait.poll(manual.context).pending());
  event.Set();
  event.Set();
  EXPECT_EQ(manual.counter.wakes(), 1);
  EXPECT_TRUE(wait.poll(manual.context).ready());
  EXPECT_TRUE(event.Wait().poll(manual.context).ready());
  event.Reset();
  EXPECT_TRUE(event.Wait().poll(manual.context).pending());
}

}  // namespace
}  // namespace zokio
