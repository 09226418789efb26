#include "mem/heap_profile.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/random.h"
#include "base/thread.h"
#include "mem/strategy.h"

namespace zokio {
namespace {

static_assert(AllocationStrategy<HeapProfile>);

[[gnu::noinline]] void* FromHere(HeapProfile& profile, size_t size) {
  void* block = profile.Allocate(size);
  asm volatile("" : "+r"(block));  // no tail call: the frame shall be seen
  return block;
}
[[gnu::noinline]] void* FromThere(HeapProfile& profile, size_t size) {
  void* block = profile.Allocate(size);
  asm volatile("" : "+r"(block), "+r"(size));
  return block;
}

TEST(HeapProfile, EveryBlockIsASampleUntilItIsFreed) {
  HeapProfile profile({.interval_bytes = 1});
  void* first = FromHere(profile, 100);
  void* second = FromThere(profile, 3000);
  void* third = FromThere(profile, 0);
  EXPECT_EQ(profile.samples_live(), 3u);
  profile.Free(second, 3000);
  EXPECT_EQ(profile.samples_live(), 2u);
  profile.Free(first, 100);
  profile.Free(third, 0);
  profile.Free(nullptr, 5);
  EXPECT_EQ(profile.samples_live(), 0u);
  EXPECT_EQ(profile.ReportLeaks(), 0u);
}

TEST(HeapProfile, DumpsWhatPprofReads) {
  HeapProfile profile({.interval_bytes = 1});
  std::vector<void*> blocks;
  for (int i = 0; i < 3; ++i) blocks.push_back(FromHere(profile, 100));
  void* other = FromThere(profile, 7);
  std::istringstream dump(profile.Dump());
  std::string line;
  std::getline(dump, line);
  EXPECT_EQ(line, "heap profile: 4: 307 [4: 307] @ heap_v2/1");
  int sites = 0;
  bool loop_seen = false;
  while (std::getline(dump, line) && !line.empty()) {
    ++sites;
    EXPECT_NE(line.find("] @ 0x"), std::string::npos) << line;
    loop_seen = loop_seen || line.find("3: 300 [3: 300] @") == 0;
  }
  EXPECT_EQ(sites, 2);
  EXPECT_TRUE(loop_seen);
  std::getline(dump, line);
  EXPECT_EQ(line, "MAPPED_LIBRARIES:");
  std::getline(dump, line);
  EXPECT_NE(line.find('-'), std::string::npos);
  for (void* block : blocks) profile.Free(block, 100);
  profile.Free(other, 7);
}

TEST(HeapProfile, ReportsWhatWasNotFreed) {
  HeapProfile profile({.interval_bytes = 1});
  void* forgotten = FromHere(profile, 10);
  void* too = FromHere(profile, 20);
  testing::internal::CaptureStderr();
  EXPECT_EQ(profile.ReportLeaks(), 2u);
  const std::string report = testing::internal::GetCapturedStderr();
  EXPECT_EQ(report.find("HeapProfile: 2 samples stand for some 30 bytes not freed\n"), 0u)
      << report;
  EXPECT_NE(report.find("of 20 bytes @ 0x"), std::string::npos) << report;
  profile.Free(forgotten, 10);
  profile.Free(too, 20);
}

// The samples' number is Poisson's: 1000 are expected, five deviations are 160.
TEST(HeapProfile, SamplesByBytesWhateverTheSizes) {
  HeapProfile profile({.interval_bytes = 10'000});
  Random random(3);
  std::vector<std::pair<void*, size_t>> blocks;
  size_t bytes = 0;
  while (bytes < 10'000'000) {
    const size_t size = 1 + random.Below(200);
    blocks.emplace_back(profile.Allocate(size), size);
    bytes += size;
  }
  EXPECT_NEAR(static_cast<double>(profile.samples_live()), 1000, 160);
  for (auto& [block, size] : blocks) profile.Free(block, size);
  EXPECT_EQ(profile.samples_live(), 0u);
}

// What others allocate while a sample is recorded is none: 5000 are expected, as if one thread had
// asked for all of it.
TEST(HeapProfile, ThreadsTakeNoMoreSamplesThanOne) {
  constexpr size_t kThreads = 4;
  constexpr size_t kBlocks = 100'000;
  HeapProfile profile({.interval_bytes = 5'120});
  std::vector<std::vector<void*>> made(kThreads, std::vector<void*>(kBlocks));
  Mutex mutex;
  CondVar all_there;
  size_t there = 0;
  std::vector<Thread> threads;
  for (std::vector<void*>& mine : made) {
    Result<Thread> thread = Thread::Start("profiled", [&] {
      {
        MutexLock lock(mutex);
        if (++there == kThreads) all_there.NotifyAll();
        while (there < kThreads) all_there.Wait(lock);
      }
      for (void*& block : mine) block = profile.Allocate(64);
    });
    ASSERT_TRUE(thread.ok());
    threads.push_back(*std::move(thread));
  }
  threads.clear();
  EXPECT_NEAR(static_cast<double>(profile.samples_live()), 5000, 350);
  for (std::vector<void*>& mine : made) {
    for (void* block : mine) profile.Free(block, 64);
  }
}

TEST(HeapProfile, ThreadsAllocateAndFreeEachOthers) {
  HeapProfile profile({.interval_bytes = 1000});
  std::vector<std::vector<void*>> made(4, std::vector<void*>(2000));
  for (bool freeing : {false, true}) {
    std::vector<Thread> threads;
    for (size_t t = 0; t < 4; ++t) {
      Result<Thread> thread = Thread::Start("profiled", [&, t, freeing] {
        for (void*& block : made[freeing ? (t + 1) % 4 : t]) {
          freeing ? profile.Free(block, 64) : void(block = profile.Allocate(64));
        }
      });
      ASSERT_TRUE(thread.ok());
      threads.push_back(*std::move(thread));
    }
    threads.clear();
    EXPECT_EQ(profile.samples_live() > 0, !freeing);
  }
}

}  // namespace
}  // namespace zokio
