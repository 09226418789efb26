// Semaphore, Notify, Event, Barrier, AsyncCondVar, OnceCell and RwLock under the model checker:
// permits are neither lost nor doubled, a dropped wait passes on what it was granted.
#include <gtest/gtest.h>

#include <memory>

#include "base/atomic.h"
#include "base/check.h"
#include "base/thread.h"
#include "future/barrier.h"
#include "future/condvar.h"
#include "future/event.h"
#include "future/model_testing.h"
#include "future/mutex.h"
#include "future/notify.h"
#include "future/once_cell.h"
#include "future/poll_fn.h"
#include "future/rwlock.h"
#include "future/semaphore.h"
#include "tools/model/model.h"

namespace zokio {
namespace {

using testing::ThreadContext;

TEST(SemaphoreModel, OnePermitIsHeldByOne) {
  const model::Report report = model::Explore({.name = "semaphore, 2 threads"}, [] {
    auto places = std::make_unique<ThreadContext[]>(2);
    auto semaphore = std::make_unique<Semaphore>(1);
    auto inside = std::make_unique<int>(0);
    auto enter = [&](int who) {
      auto future = semaphore->Acquire();
      auto permit = places[who].Wait(future).value();
      ++*inside;  // plain: a race here would be two owners
    };
    Thread other = Thread::Start("other", [&] { enter(1); }).value();
    enter(0);
    other.Join();
    ZOKIO_CHECK(*inside == 2 && semaphore->available() == 1, "both were in, the permit is back");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

// A waiter gives up while it is granted: the permit goes to the next.
TEST(SemaphoreModel, ADroppedWaiterPassesItsPermitOn) {
  const model::Report report = model::Explore(
      {.name = "semaphore, dropped waiter", .mode = model::Mode::kBounded, .preemptions_max = 2},
      [] {
        auto places = std::make_unique<ThreadContext[]>(2);
        auto semaphore = std::make_unique<Semaphore>(0);
        Thread waiter = Thread::Start("waiter", [&] {
                          auto future = semaphore->Acquire();
                          (void)places[1].Wait(future);
                        }).value();
        Thread impatient = Thread::Start("impatient", [&] {
                             auto future = semaphore->Acquire();
                             (void)future.poll(places[0].context());
                           }).value();
        semaphore->Add(1);
        impatient.Join();
        waiter.Join();
        ZOKIO_CHECK(semaphore->available() == 1, "no permit is lost");
      });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(NotifyModel, NotifyOneIsRemembered) {
  const model::Report report = model::Explore({.name = "notify, one"}, [] {
    auto place = std::make_unique<ThreadContext>();
    auto notify = std::make_unique<Notify>();
    auto data = std::make_unique<int>(0);
    Thread other = Thread::Start("other", [&] {
                     *data = 1;
                     notify->NotifyOne();
                   }).value();
    auto wait = notify->Wait();
    (void)place->Wait(wait);
    ZOKIO_CHECK(*data == 1, "what came before the notification is seen");
    other.Join();
  });
  EXPECT_TRUE(report.Proven()) << report;
}

// The loop of notify.h's comment: make the wait, look, wait.
TEST(NotifyModel, NotifyAllCountsFromTheMakingOfTheWait) {
  const model::Report report = model::Explore({.name = "notify, all"}, [] {
    auto places = std::make_unique<ThreadContext[]>(2);
    auto notify = std::make_unique<Notify>();
    Atomic<bool> condition{false};
    auto wait_for_it = [&](int who) {
      auto wait = notify->Wait();
      if (!condition.load(memory_order_acquire)) (void)places[who].Wait(wait);
      ZOKIO_CHECK(condition.load(memory_order_acquire), "only then");
    };
    Thread other = Thread::Start("other", [&] { wait_for_it(1); }).value();
    Thread notifier = Thread::Start("notifier", [&] {
                        condition.store(true, memory_order_release);
                        notify->NotifyAll();
                      }).value();
    wait_for_it(0);
    other.Join();
    notifier.Join();
  });
  EXPECT_TRUE(report.Proven()) << report;
}

// Two wait, one notification, and the one who gets it may be dropping its wait.
TEST(NotifyModel, ADroppedWaitPassesItsNotificationOn) {
  const model::Report report = model::Explore(
      {.name = "notify, dropped wait", .mode = model::Mode::kBounded, .preemptions_max = 2}, [] {
        auto places = std::make_unique<ThreadContext[]>(2);
        auto notify = std::make_unique<Notify>();
        Thread waiter = Thread::Start("waiter", [&] {
                          auto wait = notify->Wait();
                          (void)places[1].Wait(wait);
                        }).value();
        Thread impatient = Thread::Start("impatient", [&] {
                             auto wait = notify->Wait();
                             if (wait.poll(places[0].context()).ready()) notify->NotifyOne();
                           }).value();
        notify->NotifyOne();
        impatient.Join();
        waiter.Join();
      });
  EXPECT_TRUE(report.Proven()) << report;
}

model::Report WithinTwoPreemptions(const char* name, void (*body)()) {
  return model::Explore({.name = name, .mode = model::Mode::kBounded, .preemptions_max = 2}, body);
}

// Who saw its wait end may destroy the event, while the other thread is still inside Set.
TEST(EventModel, MayDieAsItOpens) {
  const model::Report report = model::Explore({.name = "event, dies as it opens"}, [] {
    auto place = std::make_unique<ThreadContext>();
    auto event = std::make_unique<Event>();
    Thread setter = Thread::Start("setter", [raw = event.get()] { raw->Set(); }).value();
    {
      auto wait = event->Wait();
      (void)place->Wait(wait);
    }
    event.reset();
    setter.Join();
  });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(BarrierModel, BothPassAndOneLeads) {
  const model::Report report = WithinTwoPreemptions("barrier, 2 rounds", [] {
    auto places = std::make_unique<ThreadContext[]>(2);
    auto barrier = std::make_unique<Barrier>(2);
    Atomic<int> leaders{0};
    auto body = [&](int who) {
      for (int round = 0; round < 2; ++round) {
        auto arrive = barrier->Arrive();
        if (places[who].Wait(arrive).value()) leaders.fetch_add(1, memory_order_relaxed);
      }
    };
    Thread other = Thread::Start("other", [&] { body(1); }).value();
    body(0);
    other.Join();
    ZOKIO_CHECK(leaders.load(memory_order_relaxed) == 2, "one a round");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

// The loop of condvar.h's comment.
TEST(CondVarModel, AChangeUnderTheLockIsSeen) {
  const model::Report report = WithinTwoPreemptions("condvar", [] {
    auto places = std::make_unique<ThreadContext[]>(2);
    auto mutex = std::make_unique<AsyncMutex>();
    auto changed = std::make_unique<AsyncCondVar>();
    auto ready = std::make_unique<bool>(false);
    Thread other = Thread::Start("other", [&] {
                     auto lock = mutex->Lock();
                     AsyncMutex::Guard guard = places[1].Wait(lock).value();
                     *ready = true;
                     changed->NotifyOne();
                   }).value();
    auto lock = mutex->Lock();
    AsyncMutex::Guard guard = places[0].Wait(lock).value();
    while (!*ready) {
      auto wait = changed->Wait(guard);
      (void)places[0].Wait(wait);
    }
    guard.Unlock();
    other.Join();
  });
  EXPECT_TRUE(report.Proven()) << report;
}

// A reader that gives up lets the writer behind it in.
TEST(RwLockModel, AWriterComesAfterReadersThatLeave) {
  const model::Report report = WithinTwoPreemptions("rwlock, a reader leaves", [] {
    auto places = std::make_unique<ThreadContext[]>(2);
    auto lock = std::make_unique<RwLock>();
    auto value = std::make_unique<int>(0);
    Thread writer = Thread::Start("writer", [&] {
                      auto write = lock->Write();
                      RwLock::WriteGuard guard = places[1].Wait(write).value();
                      *value = 1;
                    }).value();
    {
      auto read = lock->Read();
      auto poll = read.poll(places[0].context());
      if (poll.ready()) ZOKIO_CHECK(*value <= 1, "shared with no writer");
    }
    writer.Join();
    ZOKIO_CHECK(*value == 1 && lock->TryWrite(), "written, and free again");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

// Both need the value; one makes it, the other waits or finds it.
TEST(OnceCellModel, IsMadeOnce) {
  const model::Report report = WithinTwoPreemptions("once cell", [] {
    auto places = std::make_unique<ThreadContext[]>(2);
    auto cell = std::make_unique<OnceCell<int>>();
    Atomic<int> made{0};
    auto get = [&](int who) {
      auto future = cell->GetOrInit([&made] { return Ready(made.fetch_add(1) + 7); }).IntoFuture();
      ZOKIO_CHECK(*places[who].Wait(future).value() == 7, "the one that was made");
    };
    Thread other = Thread::Start("other", [&] { get(1); }).value();
    get(0);
    other.Join();
    ZOKIO_CHECK(made.load() == 1 && cell->get() != nullptr, "once");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

}  // namespace
}  // namespace zokio
