// Locks under contention, with one of their tasks dropped at every point where it can wait.
#include "future/condvar.h"
#include "future/mutex.h"
#include "future/notify.h"
#include "future/rwlock.h"
#include "future/semaphore.h"
#include "future/testing.h"
#include "future/yield.h"
#include "gtest/gtest.h"

namespace zokio {
namespace {

using ::zokio::testing::CancelAtEveryPoll;

// Three tasks use a primitive; one is dropped after each possible number of polls. The others must
// come to their end, and the primitive must be free again.
TEST(SyncCancelTest, AsyncMutex) {
  struct Case {
    AsyncMutex mutex;
    int ends = 0;
    Task<> Run(int) {
      for (int round = 0; round < 3; ++round) {
        AsyncMutex::Guard guard = co_await mutex.Lock();
        co_await Yield();
      }
      ++ends;
    }
    void Check(int dropped) {
      EXPECT_EQ(ends, 3 - dropped);
      EXPECT_TRUE(mutex.TryLock());
    }
  };
  EXPECT_GE(CancelAtEveryPoll<Case>(3), 6);
}

TEST(SyncCancelTest, Semaphore) {
  struct Case {
    Semaphore semaphore{3};
    int ends = 0;
    Task<> Run(int id) {
      for (int round = 0; round < 3; ++round) {
        SemaphorePermit permit = co_await semaphore.Acquire(static_cast<uint32_t>(id + 1));
        co_await Yield();
      }
      ++ends;
    }
    void Check(int dropped) {
      EXPECT_EQ(ends, 3 - dropped);
      EXPECT_EQ(semaphore.available(), 3u);
    }
  };
  EXPECT_GE(CancelAtEveryPoll<Case>(3), 6);
}

TEST(SyncCancelTest, RwLock) {
  struct Case {
    RwLock lock;
    int ends = 0;
    Task<> Run(int id) {
      for (int round = 0; round < 3; ++round) {
        if ((id + round) % 2 == 0) {
          RwLock::WriteGuard guard = co_await lock.Write();
          co_await Yield();
        } else {
          RwLock::ReadGuard guard = co_await lock.Read();
          co_await Yield();
        }
      }
      ++ends;
    }
    void Check(int dropped) {
      EXPECT_EQ(ends, 3 - dropped);
      EXPECT_TRUE(lock.TryWrite());
    }
  };
  EXPECT_GE(CancelAtEveryPoll<Case>(3), 6);
}

TEST(SyncCancelTest, AsyncCondVarAsAQueueOfTokens) {
  struct Case {
    AsyncMutex mutex;
    AsyncCondVar changed;
    int tokens = 0;
    int ends = 0;
    Task<> Run(int id) {
      if (id == 0) {
        for (int i = 0; i < 6; ++i) {
          co_await Yield();
          AsyncMutex::Guard guard = co_await mutex.Lock();
          ++tokens;
          changed.NotifyOne();
        }
      } else {
        for (int i = 0; i < 3; ++i) {
          AsyncMutex::Guard guard = co_await mutex.Lock();
          while (tokens == 0) co_await changed.Wait(guard);
          --tokens;
        }
      }
      ++ends;
    }
    void Check(int dropped) {
      // The producer and the other consumer end: a notification lost with the victim would hang it.
      EXPECT_EQ(ends, 3 - dropped);
      EXPECT_TRUE(mutex.TryLock());
    }
  };
  EXPECT_GE(CancelAtEveryPoll<Case>(3, /*victim=*/2), 5);
}

TEST(SyncCancelTest, NotifyOneIsNeverLost) {
  struct Case {
    Notify notify;
    int tokens = 0;
    int ends = 0;
    Task<> Run(int id) {
      if (id == 0) {
        for (int i = 0; i < 6; ++i) {
          ++tokens;
          notify.NotifyOne();
          co_await Yield();
        }
      } else {
        for (int i = 0; i < 3; ++i) {
          while (tokens == 0) co_await notify.Wait();
          --tokens;
          if (tokens > 0) notify.NotifyOne();
        }
      }
      ++ends;
    }
    void Check(int dropped) { EXPECT_EQ(ends, 3 - dropped); }
  };
  EXPECT_GE(CancelAtEveryPoll<Case>(3, /*victim=*/2), 3);
}

}  // namespace
}  // namespace zokio
