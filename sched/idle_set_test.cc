#include "sched/idle_set.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "base/parker.h"
#include "base/thread.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define ZOKIO_SANITIZED 1
#endif
#endif

namespace zokio {
namespace {

TEST(IdleSetTest, NobodyIsWokenWhileNobodySleeps) {
  IdleSet idle(4);
  EXPECT_TRUE(idle.all_running());
  EXPECT_FALSE(idle.NeedsWake());
  EXPECT_EQ(idle.ClaimSleeper(), IdleSet::kNobody);
}

TEST(IdleSetTest, OneWakeUntilTheWokenOneEndsItsSearch) {
  IdleSet idle(4);
  EXPECT_TRUE(idle.Announce(0, false));
  EXPECT_TRUE(idle.Announce(1, false));
  EXPECT_TRUE(idle.NeedsWake());
  EXPECT_EQ(idle.ClaimSleeper(), 1) << "the last to park is the warmest";
  EXPECT_FALSE(idle.NeedsWake()) << "it searches";
  EXPECT_EQ(idle.ClaimSleeper(), IdleSet::kNobody);
  EXPECT_FALSE(idle.Withdraw(1)) << "claimed: searching already";
  EXPECT_TRUE(idle.EndSearch()) << "the last searcher looks at the queues";
  EXPECT_TRUE(idle.NeedsWake());
  EXPECT_EQ(idle.parked(), 1);
  EXPECT_EQ(idle.searching(), 0);
}

TEST(IdleSetTest, AtMostHalfSearch) {
  IdleSet idle(4);
  EXPECT_TRUE(idle.TryBeginSearch());
  EXPECT_TRUE(idle.TryBeginSearch());
  EXPECT_FALSE(idle.TryBeginSearch());
  EXPECT_FALSE(idle.EndSearch()) << "another one still searches";
  EXPECT_TRUE(idle.TryBeginSearch());
}

TEST(IdleSetTest, TheLastSearcherToParkLooksAtTheQueues) {
  IdleSet idle(4);
  ASSERT_TRUE(idle.TryBeginSearch());
  ASSERT_TRUE(idle.TryBeginSearch());
  EXPECT_FALSE(idle.Announce(0, /*was_searching=*/true));
  EXPECT_FALSE(idle.Announce(2, /*was_searching=*/false)) << "one still searches";
  EXPECT_TRUE(idle.Announce(1, /*was_searching=*/true));
  EXPECT_EQ(idle.searching(), 0);
  EXPECT_EQ(idle.parked(), 3);
}

TEST(IdleSetTest, AWorkerThatWithdrawsIsNotClaimedAnyMore) {
  IdleSet idle(2);
  idle.Announce(0, false);
  EXPECT_TRUE(idle.Withdraw(0));
  EXPECT_EQ(idle.ClaimSleeper(), IdleSet::kNobody);
  idle.Announce(0, false);
  idle.WithdrawToSearch(0);
  EXPECT_EQ(idle.searching(), 1);
  EXPECT_EQ(idle.parked(), 0);
  EXPECT_TRUE(idle.EndSearch());
}

// The whole protocol with a counter for a queue: pushers add to it and wake, workers take from it
// and park. A lost wake leaves work behind with all parked, and the test would not end.
TEST(IdleSetStressTest, NoWakeIsLost) {
#ifdef ZOKIO_SANITIZED
  constexpr uint64_t kItems = 20'000;
#else
  constexpr uint64_t kItems = 300'000;
#endif
  constexpr int kWorkers = 3;
  constexpr int kPushers = 2;
  IdleSet idle(kWorkers);
  std::vector<std::unique_ptr<Parker>> parkers;
  for (int i = 0; i < kWorkers; ++i) parkers.push_back(std::make_unique<Parker>());
  Atomic<uint64_t> queue{0};
  Atomic<uint64_t> taken{0};
  Atomic<bool> stop{false};
  Parker all_taken;
  auto wake_one = [&] {
    int worker = idle.ClaimSleeper();
    if (worker != IdleSet::kNobody) parkers[static_cast<size_t>(worker)]->Unpark();
  };
  auto work = [&](int me) {
    bool searching = false;
    while (true) {
      if (!searching) searching = idle.TryBeginSearch();
      bool found = false;
      if (searching) {
        uint64_t size = queue.load(memory_order_acquire);
        while (size != 0 && !queue.compare_exchange_weak(size, size - 1)) {
        }
        found = size != 0;
      }
      if (found) {
        searching = false;
        if (idle.EndSearch() && queue.load(memory_order_relaxed) != 0) wake_one();
        if (taken.fetch_add(1) + 1 == kItems) all_taken.Unpark();
        continue;
      }
      if (stop.load()) return;
      bool last = idle.Announce(me, searching);
      searching = false;
      if (last && queue.load(memory_order_relaxed) != 0) {
        idle.WithdrawToSearch(me);
        searching = true;
        continue;
      }
      parkers[static_cast<size_t>(me)]->Park();
      searching = !idle.Withdraw(me);
    }
  };
  std::vector<Thread> workers;
  for (int i = 0; i < kWorkers; ++i) {
    workers.push_back(std::move(Thread::Start("worker", [&, i] { work(i); })).value());
  }
  {
    std::vector<Thread> pushers;
    for (int p = 0; p < kPushers; ++p) {
      pushers.push_back(std::move(Thread::Start("pusher", [&] {
                          for (uint64_t i = 0; i < kItems / kPushers; ++i) {
                            queue.fetch_add(1, memory_order_release);
                            if (idle.NeedsWake()) wake_one();
                          }
                        })).value());
    }
  }
  all_taken.Park();
  EXPECT_EQ(queue.load(), 0u);
  stop.store(true);
  for (auto& parker : parkers) parker->Unpark();
}

TEST(IdleSetTest, ANearSleeperIsPreferredAndAnyOtherTaken) {
  IdleSet idle(4);
  for (int worker : {0, 1, 2}) idle.Announce(worker, false);
  const auto even = [](int worker) { return worker % 2 == 0; };
  const auto nobody = [](int) { return false; };
  EXPECT_EQ(idle.ClaimSleeper(even), 2);
  EXPECT_EQ(idle.ClaimSleeper(even), IdleSet::kNobody) << "somebody searches";
  EXPECT_TRUE(idle.EndSearch());
  EXPECT_EQ(idle.ClaimSleeper(nobody), 1) << "none is near: the last to park";
}

TEST(IdleSetTest, ForWorkThatOnlySomeCanTakeThoseAreWokenWhoeverSearches) {
  IdleSet idle(4);
  for (int worker : {0, 1, 2}) idle.Announce(worker, false);
  const auto even = [](int worker) { return worker % 2 == 0; };
  EXPECT_EQ(idle.ClaimSleeperOf(even), 2);
  EXPECT_EQ(idle.ClaimSleeperOf(even), 0);
  EXPECT_EQ(idle.ClaimSleeperOf(even), IdleSet::kNobody);
  EXPECT_EQ(idle.parked(), 1);
  EXPECT_EQ(idle.searching(), 2);
  EXPECT_FALSE(idle.Withdraw(0)) << "it was claimed";
}

}  // namespace
}  // namespace zokio
