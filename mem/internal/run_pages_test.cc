#include "mem/internal/run_pages.h"

#include <gtest/gtest.h>

#include <cstring>
#include <iterator>
#include <map>
#include <vector>

#include "base/random.h"
#include "mem/internal/sanitizer.h"
#include "mem/internal/segment_source.h"
#include "mem/internal/system_pages.h"

namespace zokio::mem_internal {
namespace {

char* BeginOf(PageRun* run) { return run->begin(); }
size_t BytesOf(const PageRun* run) { return kRunPage << run->order; }

TEST(RunPages, SplitsAndCoalesces) {
  RunPages pages;
  PageRun* first = pages.Allocate(0, nullptr);
  const size_t free_after_one = pages.free_pages();
  EXPECT_EQ(free_after_one, kUsablePages - 1);
  PageRun* second = pages.Allocate(0, nullptr);
  PageRun* large = pages.Allocate(kRunOrderMax, nullptr);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(large->begin()) % BytesOf(large), 0u);
  pages.Free(first);
  pages.Free(large);
  pages.Free(second);
  EXPECT_EQ(pages.free_pages(), kUsablePages);
  // Whole again: the largest run fits as often as at first.
  std::vector<PageRun*> runs;
  for (int i = 0; i < 3; ++i) runs.push_back(pages.Allocate(kRunOrderMax, nullptr));
  EXPECT_EQ(pages.segments(), 1u);
  for (PageRun* run : runs) pages.Free(run);
}

TEST(RunPages, KeepsOneEmptySegmentAndReturnsTheOthers) {
  RunPages pages;
  const size_t taken = SegmentSource::bytes_taken();
  std::vector<PageRun*> runs;
  while (pages.segments() < 4) runs.push_back(pages.Allocate(5, nullptr));
  EXPECT_EQ(SegmentSource::bytes_taken() - taken, 4 * kSegmentSize);
  for (PageRun* run : runs) pages.Free(run);
  EXPECT_EQ(pages.segments(), 1u);
  EXPECT_EQ(SegmentSource::bytes_taken() - taken, kSegmentSize);
}

// What merged with a run that was used is told to the kernel again, but counts no more.
TEST(RunPages, DecayZeroesFreePagesAndCountsThoseThatWereResident) {
  RunPages pages;
  PageRun* run = pages.Allocate(3, nullptr);
  Unpoison(run->begin(), BytesOf(run));
  std::memset(run->begin(), 1, BytesOf(run));
  char* const bytes = run->begin();
  const size_t size = BytesOf(run);
  pages.Free(run);
  EXPECT_GE(pages.Decay(), size);
  EXPECT_EQ(pages.Decay(), 0u);
  run = pages.Allocate(3, nullptr);
  ASSERT_EQ(run->begin(), bytes);
  Unpoison(bytes, size);
  EXPECT_EQ(bytes[100], 0);
  for (size_t page : {0, 5, 6}) bytes[page * kPageSize] = 1;
  pages.Free(run);
  EXPECT_EQ(pages.Decay(), 3 * kPageSize);
}

// A worker that idles leaves alone what others will use again, but not what nobody will.
TEST(SegmentSource, KeptPagesGoBackForTheirGiverOnly) {
  const int busy = 0;
  const int idle = 0;
  SegmentSource::Decay(nullptr);
  auto* theirs = static_cast<char*>(SegmentSource::Take(1));
  auto* mine = static_cast<char*>(SegmentSource::Take(1));
  std::memset(theirs, 1, 5 * kPageSize);
  std::memset(mine, 1, 3 * kPageSize);
  SegmentSource::Give(theirs, 1, 5 * kPageSize, &busy);
  SegmentSource::Give(mine, 1, 3 * kPageSize, &idle);
  EXPECT_EQ(SegmentSource::Decay(&idle), 3 * kPageSize);
  EXPECT_EQ(SegmentSource::Decay(&idle), 0u);
  EXPECT_EQ(SegmentSource::Take(1), theirs);  // resident ones serve first
  EXPECT_EQ(theirs[4 * kPageSize], 1);
  SegmentSource::Give(theirs, 1, 5 * kPageSize, &busy);
  SegmentSource::Disown(&busy);
  EXPECT_EQ(SegmentSource::Decay(&idle), 5 * kPageSize);
}

// Bits of runs that are there stay; pages of bits that describe nothing go, and come back as zero.
TEST(RunPages, ThinningKeepsTheBitsOfRunsOfManyBlocks) {
  RunPages pages;
  PageRun* many = pages.Allocate(0, nullptr);
  many->blocks = kFewBlocks + 1;
  PageRun* few = pages.Allocate(0, nullptr);
  few->blocks = kFewBlocks;
  EXPECT_EQ(few->bits(), few->few_bits);
  Segment* segment = Segment::Of(many);
  const size_t far = kSegmentPages - 1;
  ASSERT_GT(far, segment->PageOf(many) + kPageSize / sizeof(segment->many_bits[0]));
  many->bits()[2] = 5;
  segment->many_bits[far][1] = 7;
  RunPages::Thin(segment);
  EXPECT_TRUE(segment->thinned);
  EXPECT_EQ(many->bits()[2], 5u);
  EXPECT_EQ(segment->many_bits[far][1], 0u);
  segment->many_bits[far][1] = 7;
  RunPages::Thin(segment);  // once is enough
  EXPECT_EQ(segment->many_bits[far][1], 7u);

  // Full again, it may have huge pages again.
  std::vector<PageRun*> runs = {many, few};
  while (segment->thinned) {
    runs.push_back(pages.Allocate(0, nullptr));
    ASSERT_EQ(pages.segments(), 1u);
    runs.back()->blocks = kFewBlocks;
  }
  EXPECT_LT(segment->free_pages, kUsablePages / 4);
  for (PageRun* run : runs) pages.Free(run);
}

TEST(SegmentSource, RandomSlotsNeverOverlapAndAreUsedAgain) {
  Random random(7);
  std::map<char*, size_t> live;
  size_t live_slots = 0;
  size_t reserved = 0;
  const size_t taken = SegmentSource::bytes_taken();
  for (int step = 0; step < 4000; ++step) {
    if (step == 2000) reserved = SegmentSource::bytes_reserved();
    if (live_slots < 100 && random.Below(2) == 0) {
      const size_t slots = random.Below(2) == 0 ? 1 : 1 + random.Below(9);
      auto* begin = static_cast<char*>(SegmentSource::Take(slots));
      ASSERT_NE(begin, nullptr);
      ASSERT_EQ(reinterpret_cast<uintptr_t>(begin) % kSegmentSize, 0u);
      const auto next = live.lower_bound(begin);
      ASSERT_TRUE(next == live.end() || begin + slots * kSegmentSize <= next->first);
      ASSERT_TRUE(next == live.begin() ||
                  std::prev(next)->first + std::prev(next)->second * kSegmentSize <= begin);
      live[begin] = slots;
      live_slots += slots;
    } else if (!live.empty()) {
      auto victim = live.begin();
      std::advance(victim, random.Below(static_cast<uint32_t>(live.size())));
      live_slots -= victim->second;
      SegmentSource::Give(victim->first, victim->second, random.Below(2) * kPageSize, nullptr);
      live.erase(victim);
    }
    if (step % 500 == 0) SegmentSource::Decay(nullptr);
    ASSERT_EQ(SegmentSource::bytes_taken(), taken + live_slots * kSegmentSize);
  }
  EXPECT_LE(SegmentSource::bytes_reserved(), reserved + (size_t{256} << 20));
  for (const auto& [begin, slots] : live) SegmentSource::Give(begin, slots, 0, nullptr);
}

TEST(RunPages, RandomRunsNeverOverlap) {
  Random random(11);
  RunPages pages;
  std::map<char*, PageRun*> live;
  size_t live_pages = 0;
  for (int step = 0; step < 30'000; ++step) {
    if (live.empty() || random.Below(100) < 52) {
      const uint32_t order = random.Below(kRunOrderMax + 1) * random.Below(2);
      PageRun* run = pages.Allocate(order, nullptr);
      ASSERT_NE(run, nullptr);
      ASSERT_EQ(Segment::Of(run->begin())->RunOf(run->begin() + BytesOf(run) - 1), run);
      const auto next = live.lower_bound(BeginOf(run));
      if (next != live.end()) {
        ASSERT_LE(run->begin() + BytesOf(run), next->first);
      }
      if (next != live.begin()) {
        ASSERT_LE(std::prev(next)->first + BytesOf(std::prev(next)->second), run->begin());
      }
      live[run->begin()] = run;
      live_pages += size_t{1} << order;
    } else {
      auto victim = live.lower_bound(live.begin()->first + random.Below(1u << 24));
      if (victim == live.end()) victim = live.begin();
      live_pages -= size_t{1} << victim->second->order;
      pages.Free(victim->second);
      live.erase(victim);
    }
    ASSERT_EQ(pages.free_pages() + live_pages, pages.segments() * kUsablePages);
  }
  size_t visited = 0;
  pages.ForEachRun([&](const PageRun& run) { visited += live.count(run.begin()); });
  EXPECT_EQ(visited, live.size());
  for (auto& [begin, run] : live) pages.Free(run);
  EXPECT_EQ(pages.segments(), 1u);
}

}  // namespace
}  // namespace zokio::mem_internal
