#include "mem/buffer.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/atomic.h"
#include "base/mutex.h"
#include "base/random.h"
#include "base/thread.h"

namespace zokio {
namespace {

void OnThread(std::function<void()> body) {
  Result<Thread> thread = Thread::Start("buffers", std::move(body));
  ASSERT_TRUE(thread.ok());
}

// A Buffer whose release is counted.
struct Tracked {
  int released = 0;
  uint8_t bytes[4096] = {};
  Buffer Make() {
    return Buffer::Adopt(bytes, [](void* self) { ++static_cast<Tracked*>(self)->released; }, this);
  }
};

TEST(Buffer, HoldsACopyOfItsBytes) {
  std::string text = "hello";
  Buffer buffer = Buffer::Copy(text);
  text = "bye";
  EXPECT_EQ(buffer.view(), "hello");
  EXPECT_TRUE(buffer.unique());
  std::memcpy(buffer.mutable_data(), "jello", 5);
  EXPECT_EQ(buffer.view(), "jello");
}

TEST(Buffer, CopiesShareAndMovesDoNot) {
  Buffer first = Buffer::Copy("shared");
  Buffer second = first;
  EXPECT_EQ(first.data(), second.data());
  EXPECT_FALSE(first.unique());
  Buffer third = std::move(first);
  EXPECT_TRUE(first.empty());
  second = Buffer();
  EXPECT_TRUE(third.unique());
  third = *&third;
  EXPECT_EQ(third.view(), "shared");
}

TEST(Buffer, StaticBytesAreNotCounted) {
  static constexpr std::string_view kBytes = "for ever";
  Buffer buffer = Buffer::Static(kBytes);
  const Buffer part = buffer.SliceShared(4, 4);
  buffer = Buffer();
  EXPECT_EQ(part.view(), "ever");
  EXPECT_EQ(static_cast<const void*>(part.data()), kBytes.data() + 4);
  EXPECT_EQ(part.bytes_pinned(), 0u);
}

TEST(Buffer, EmptyOnesAreHarmless) {
  Buffer nothing;
  EXPECT_TRUE(nothing.empty());
  EXPECT_FALSE(nothing.unique());
  EXPECT_EQ(nothing.Slice(0, 0).size(), 0u);
  EXPECT_EQ(Buffer::Copy("").size(), 0u);
  EXPECT_EQ(Buffer::Allocate(0).size(), 0u);
  EXPECT_TRUE(Buffer::Allocate(SIZE_MAX).empty());
  Buffer::Unref(nullptr);
}

TEST(Buffer, ReleasesAdoptedBytesOnceWithTheLastReference) {
  Tracked tracked;
  {
    Buffer buffer = tracked.Make();
    Buffer slice = buffer.SliceShared(100, 200);
    buffer = Buffer();
    EXPECT_EQ(tracked.released, 0);
    EXPECT_EQ(slice.data(), tracked.bytes + 100);
  }
  EXPECT_EQ(tracked.released, 1);
}

TEST(Buffer, ASmallSliceDoesNotPinALargeBuffer) {
  Tracked tracked;
  Buffer buffer = tracked.Make();
  Buffer small = buffer.Slice(0, 64);
  Buffer large = buffer.Slice(0, 2048);
  EXPECT_NE(small.data(), buffer.data());
  EXPECT_EQ(small.bytes_pinned(), 64u);
  EXPECT_EQ(large.data(), buffer.data());
  EXPECT_EQ(large.bytes_pinned(), 4096u);
  // Of a small buffer a slice may as well share.
  Buffer hello = Buffer::Copy("hello");
  EXPECT_EQ(hello.Slice(1, 3).data(), hello.data() + 1);
}

TEST(Buffer, TravelsThroughACInterface) {
  Tracked tracked;
  Buffer buffer = tracked.Make();
  void* opaque = buffer.Release();
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(tracked.released, 0);
  Buffer::Unref(opaque);
  EXPECT_EQ(tracked.released, 1);
}

TEST(Buffer, DroppedElsewhereItIsReleasedWhenItsOwnerDrains) {
  Tracked tracked;
  Buffer buffer = tracked.Make();
  OnThread([moved = std::make_shared<Buffer>(std::move(buffer))]() mutable { moved.reset(); });
  EXPECT_EQ(tracked.released, 0);
  Buffer::DrainRemote();
  EXPECT_EQ(tracked.released, 1);
}

TEST(Buffer, DroppedElsewhereWhileTheOwnerHoldsOneToo) {
  Tracked tracked;
  Buffer buffer = tracked.Make();
  auto other = std::make_shared<Buffer>(buffer);
  OnThread([&] { other.reset(); });  // the sum is one now, the shared part minus one
  EXPECT_TRUE(buffer.unique());
  buffer = Buffer();
  EXPECT_EQ(tracked.released, 0);  // queued: it takes a drain to see it
  Buffer::DrainRemote();
  EXPECT_EQ(tracked.released, 1);
}

TEST(Buffer, OutlivesTheThreadThatMadeIt) {
  Tracked tracked;
  Buffer buffer;
  OnThread([&] { buffer = tracked.Make(); });
  Buffer copy = buffer;
  EXPECT_EQ(tracked.released, 0);
  buffer = Buffer();
  EXPECT_EQ(tracked.released, 0);
  copy = Buffer();  // its owner's queue is closed: merged and released here
  EXPECT_EQ(tracked.released, 1);
}

TEST(Buffer, AThreadThatTakesOverAHomeDoesNotOwnItsOldBuffers) {
  Tracked tracked;
  Buffer buffer;
  OnThread([&] { buffer = tracked.Make(); });
  OnThread([&] {
    Buffer own = Buffer::Copy("the home of the ended thread is mine now");
    Buffer copy = buffer;
    EXPECT_TRUE(own.unique());
    EXPECT_FALSE(copy.unique());
    buffer = Buffer();
    EXPECT_EQ(tracked.released, 0);
    copy = Buffer();
    Buffer::DrainRemote();
    EXPECT_EQ(tracked.released, 1);
  });
}

TEST(Buffer, ClonesMadeElsewhereCountElsewhere) {
  Tracked tracked;
  Buffer buffer = tracked.Make();
  std::vector<Buffer> clones;
  OnThread([&] {
    for (int i = 0; i < 10; ++i) clones.push_back(buffer);
  });
  buffer = Buffer();  // the owner's last: merges
  EXPECT_EQ(tracked.released, 0);
  clones.resize(1);
  EXPECT_TRUE(clones[0].unique());
  OnThread([&] { clones.clear(); });
  EXPECT_EQ(tracked.released, 1);
}

// Threads pass references around, clone, slice and drop them; every buffer is released once.
TEST(Buffer, ThreadsShareAndDrop) {
  constexpr int kThreads = 4;
  constexpr int kSteps = 8000;
  constexpr size_t kSlots = 16;
  struct Slot {
    Mutex mutex;
    Buffer buffer;
  };
  static Atomic<int> released{0};
  released = 0;
  Atomic<int> made{0};
  std::vector<Slot> slots(kSlots);
  std::vector<Thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    Result<Thread> thread = Thread::Start("buffers", [&, t] {
      Random random(static_cast<uint64_t>(t) + 1);
      std::vector<Buffer> mine;
      for (int step = 0; step < kSteps; ++step) {
        const uint32_t choice = random.Below(10);
        Slot& slot = slots[random.Below(kSlots)];
        if (choice < 2 || mine.empty()) {
          auto* bytes = new uint8_t[64];
          std::memset(bytes, step, 64);
          mine.push_back(Buffer::Adopt(
              {bytes, 64},
              [](void* memory) {
                released.fetch_add(1, memory_order_relaxed);
                delete[] static_cast<uint8_t*>(memory);
              },
              bytes));
          made.fetch_add(1, memory_order_relaxed);
        } else if (choice < 4) {
          MutexLock lock(slot.mutex);
          std::swap(slot.buffer, mine.back());
        } else if (choice < 6) {
          MutexLock lock(slot.mutex);
          mine.push_back(slot.buffer);
        } else if (choice < 9) {
          const size_t victim = random.Below(static_cast<uint32_t>(mine.size()));
          const Buffer& buffer = mine[victim];
          if (!buffer.empty()) {
            EXPECT_EQ(buffer.data()[0], buffer.data()[buffer.size() - 1]);
          }
          mine[victim] = mine.back();
          mine.pop_back();
        } else {
          Buffer::DrainRemote();
        }
        if (mine.size() > 50) mine.resize(10);
      }
    });
    ASSERT_TRUE(thread.ok());
    threads.push_back(*std::move(thread));
  }
  threads.clear();
  for (Slot& slot : slots) slot.buffer = Buffer();
  Buffer::DrainRemote();
  EXPECT_EQ(released.load(), made.load());
}

}  // namespace
}  // namespace zokio
