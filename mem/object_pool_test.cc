#include "mem/object_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <set>
#include <vector>

#include "base/mutex.h"
#include "base/random.h"
#include "base/thread.h"

namespace zokio {
namespace {

struct Message {
  explicit Message(uint64_t number) : id(number) { std::memset(body, static_cast<int>(id), 100); }
  bool Intact() const {
    return std::all_of(body, body + 100, [&](char c) { return c == static_cast<char>(id); });
  }
  uint64_t id;
  char body[100];
};

TEST(ObjectPool, ConstructsAndDestroys) {
  auto counted = std::make_shared<int>(1);
  ObjectPool<std::shared_ptr<int>> pool;
  std::shared_ptr<int>* object = pool.New(counted);
  EXPECT_EQ(counted.use_count(), 2);
  pool.Delete(object);
  EXPECT_EQ(counted.use_count(), 1);
  EXPECT_EQ(pool.Stats().live, 0u);
}

TEST(ObjectPool, HandsOutTheObjectFreedLast) {
  ObjectPool<Message> pool;
  Message* first = pool.New(1);
  Message* second = pool.New(2);
  pool.Delete(first);
  pool.Delete(second);
  EXPECT_EQ(pool.New(3), second);
  EXPECT_EQ(pool.New(4), first);
  pool.Delete(first);
  pool.Delete(second);
}

TEST(ObjectPool, RespectsAlignment) {
  struct alignas(256) Wide {
    char bytes[300];
  };
  ObjectPool<Wide> pool;
  std::vector<Wide*> all;
  for (int i = 0; i < 500; ++i) {
    all.push_back(pool.New());
    EXPECT_EQ(reinterpret_cast<uintptr_t>(all.back()) % 256, 0u);
  }
  for (Wide* wide : all) pool.Delete(wide);
}

// Bursts of requests, each holding some messages while others come and go.
TEST(ObjectPool, ReusesAbove90PercentUnderRealisticChurn) {
  Random random(5);
  ObjectPool<Message> pool;
  std::vector<Message*> live;
  uint64_t next = 0;
  for (int step = 0; step < 100'000; ++step) {
    const size_t target = 200 + 150 * ((step / 5000) % 3);  // load shifts
    if (live.size() < target || random.Below(2) == 0) {
      live.push_back(pool.New(next++));
    }
    while (live.size() > target) {
      const size_t victim = random.Below(static_cast<uint32_t>(live.size()));
      ASSERT_TRUE(live[victim]->Intact());
      pool.Delete(live[victim]);
      live[victim] = live.back();
      live.pop_back();
    }
    if (step % 2500 == 0) pool.Trim();
  }
  const ObjectPoolStats stats = pool.Stats();
  EXPECT_GT(static_cast<double>(stats.reused), 0.9 * static_cast<double>(stats.allocations));
  EXPECT_EQ(stats.live, live.size());
  for (Message* message : live) pool.Delete(message);
}

TEST(ObjectPool, ShrinksToWhatIsNeededAndGrowsAgain) {
  ObjectPool<Message> pool;
  std::vector<Message*> live;
  const auto grow = [&](size_t count) {
    while (live.size() < count) live.push_back(pool.New(live.size()));
  };
  const auto shrink = [&](size_t count) {
    for (; live.size() > count; live.pop_back()) pool.Delete(live.back());
  };
  grow(100'000);
  const size_t peak = pool.Stats().bytes_mapped;
  EXPECT_GE(peak, 100'000 * sizeof(Message));
  EXPECT_LE(peak, 100'000 * sizeof(Message) + (2u << 20));
  shrink(1000);
  EXPECT_EQ(pool.Trim(), 0u);     // all of it was in use since the last one
  for (int i = 0; i < 10; ++i) {  // a period of small use
    grow(1500);
    shrink(1000);
  }
  EXPECT_GT(pool.Trim(), 0u);
  const ObjectPoolStats small = pool.Stats();
  EXPECT_LT(small.bytes_mapped, peak / 10);
  EXPECT_EQ(small.live, 1000u);
  EXPECT_EQ(small.bytes_trimmed, peak - small.bytes_mapped);
  for (Message* message : live) EXPECT_TRUE(message->Intact());
  grow(50'000);
  for (Message* message : live) EXPECT_TRUE(message->Intact());
  shrink(0);
  pool.Trim();
  pool.Trim();
  EXPECT_EQ(pool.Stats().bytes_mapped, 0u);
}

TEST(ObjectPool, BatchesAreDistinctAndAllOrNone) {
  ObjectPool<Message> pool({.objects_max = 1000});
  std::vector<void*> batch(600);
  ASSERT_TRUE(pool.AllocateBatch(batch));
  std::set<void*> distinct(batch.begin(), batch.end());
  EXPECT_EQ(distinct.size(), 600u);
  std::vector<void*> more(600);
  EXPECT_FALSE(pool.AllocateBatch(more));
  EXPECT_EQ(pool.Stats().live, 600u);
  more.resize(400);
  ASSERT_TRUE(pool.AllocateBatch(more));
  distinct.insert(more.begin(), more.end());
  EXPECT_EQ(distinct.size(), 1000u);
  EXPECT_EQ(pool.New(1), nullptr);
  pool.FreeBatch(batch);
  pool.FreeBatch(more);
  ASSERT_TRUE(pool.AllocateBatch(batch));
  pool.FreeBatch(batch);
  EXPECT_EQ(pool.Stats().live, 0u);
}

TEST(ObjectPool, ReportsWhatItsUsersForgotByType) {
  testing::internal::CaptureStderr();
  Message* leaked = nullptr;
  {
    ObjectPool<Message> pool;
    leaked = pool.New(7);
    pool.Delete(pool.New(8));
  }
  const std::string report = testing::internal::GetCapturedStderr();
  EXPECT_NE(report.find("Message>: 1 object still live"), std::string::npos) << report;
  EXPECT_TRUE(leaked->Intact());  // its memory is still there

  testing::internal::CaptureStderr();
  {
    ObjectPool<Message>({.leak_report = false}).New(1);
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

#ifdef __cpp_exceptions
struct Refuses {
  explicit Refuses(bool refuse) {
    if (refuse) throw 1;
  }
  int value = 0;
};

TEST(ObjectPool, AConstructorThatThrowsKeepsNothing) {
  ObjectPool<Refuses> pool({.objects_max = 1});
  for (int i = 0; i < 3; ++i) EXPECT_THROW(pool.New(true), int);
  EXPECT_EQ(pool.Stats().live, 0u);
  Refuses* object = pool.New(false);
  ASSERT_NE(object, nullptr);
  pool.Delete(object);
}
#endif

TEST(ObjectPool, OtherThreadsDelete) {
  constexpr int kRounds = 200;
  constexpr int kBatch = 100;
  ObjectPool<Message> pool;
  Mutex mutex;
  CondVar changed;
  std::vector<Message*> handed;
  bool done = false;
  std::vector<Thread> threads;
  for (int t = 0; t < 2; ++t) {
    Result<Thread> started = Thread::Start("deletes", [&] {
      while (true) {
        std::vector<Message*> mine;
        {
          MutexLock lock(mutex);
          while (handed.empty() && !done) changed.Wait(lock);
          if (handed.empty()) return;
          mine.swap(handed);
        }
        for (Message* message : mine) {
          EXPECT_TRUE(message->Intact());
          pool.DeleteRemote(message);
        }
      }
    });
    ASSERT_TRUE(started.ok());
    threads.push_back(*std::move(started));
  }
  uint64_t next = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<Message*> batch;
    for (int i = 0; i < kBatch; ++i) batch.push_back(pool.New(next++));
    MutexLock lock(mutex);
    handed.insert(handed.end(), batch.begin(), batch.end());
    changed.NotifyAll();
  }
  {
    MutexLock lock(mutex);
    done = true;
    changed.NotifyAll();
  }
  threads.clear();
  pool.DrainRemote();
  EXPECT_EQ(pool.Stats().live, 0u);
  EXPECT_EQ(pool.Stats().remote_frees, uint64_t{kRounds} * kBatch);
}

TEST(ObjectPool, ADeletedObjectIsPoisoned) {
  if (!mem_internal::kAddressSanitizer) GTEST_SKIP() << "poisoning is AddressSanitizer's";
  ObjectPool<Message> pool;
  Message* message = pool.New(1);
  EXPECT_FALSE(mem_internal::IsPoisoned(message));
  pool.Delete(message);
  EXPECT_TRUE(mem_internal::IsPoisoned(message));
  message = pool.New(1);
  pool.DeleteRemote(message);
  EXPECT_TRUE(mem_internal::IsPoisoned(&message->body[50]));
  pool.DrainRemote();
  EXPECT_TRUE(mem_internal::IsPoisoned(message));
}

}  // namespace
}  // namespace zokio
