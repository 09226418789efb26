// The biased count under the model checker: however references are cloned, moved between threads
// and dropped, the object is freed exactly once, after every holder's last use.
#include <gtest/gtest.h>

#include "base/check.h"
#include "base/model_var.h"
#include "base/thread.h"
#include "mem/internal/biased_count.h"
#include "tools/model/model.h"

namespace zokio::mem_internal {
namespace {

constexpr uint64_t kOwner = 1;
constexpr uint64_t kOther = 2;
constexpr uint64_t kThird = 3;

struct Object : BiasedCount {
  explicit Object(MergeQueue* queue) : BiasedCount(kOwner, queue) {}

  void Use() { (void)payload.Read(); }
  void DropBy(uint64_t token) {
    if (Drop(token)) Free();
  }
  void Free() {
    payload.Write(1);  // races with a holder's use where the order is missing
    ++freed;
  }

  ModelVar<int> payload;
  int freed = 0;
};

void MergeAll(BiasedCount* count) {
  while (count != nullptr) {
    BiasedCount* next = count->next_queued;
    if (count->MergeQueued()) static_cast<Object*>(count)->Free();
    count = next;
  }
}

// The owner made two references and gave one away, which may be dropped before, while or after
// the owner drops its own and drains.
TEST(BiasedCountModel, AReferenceDroppedElsewhere) {
  const model::Report report = model::Explore({.name = "dropped elsewhere"}, [] {
    MergeQueue queue;
    Object object(&queue);
    object.payload.Write(0);
    object.Clone(kOwner);
    {
      Thread other = Thread::Start("other", [&] {
                       object.Use();
                       object.DropBy(kOther);
                     }).value();
      object.Use();
      object.DropBy(kOwner);
      MergeAll(queue.TakeAll());
    }
    MergeAll(queue.TakeAll());
    ZOKIO_CHECK(object.freed == 1, "freed once");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(BiasedCountModel, AReferenceClonedElsewhereOutlivesTheOwners) {
  const model::Report report = model::Explore({.name = "cloned elsewhere"}, [] {
    MergeQueue queue;
    Object object(&queue);
    object.payload.Write(0);
    object.Clone(kOwner);
    {
      Thread other = Thread::Start("other", [&] {
                       object.Clone(kOther);
                       object.DropBy(kOther);
                       object.Use();
                       object.DropBy(kOther);
                     }).value();
      object.DropBy(kOwner);
      MergeAll(queue.TakeAll());
    }
    MergeAll(queue.TakeAll());
    ZOKIO_CHECK(object.freed == 1, "freed once");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

// The owner's thread ends while the last references are dropped: its queue closes, and who comes
// too late for it merges.
TEST(BiasedCountModel, TheOwnersThreadEnds) {
  const model::Report report = model::Explore({.name = "the owner ends"}, [] {
    MergeQueue queue;
    Object object(&queue);
    object.payload.Write(0);
    object.Clone(kOwner);
    {
      Thread other = Thread::Start("other", [&] {
                       object.Use();
                       object.DropBy(kOther);
                     }).value();
      Thread third = Thread::Start("third", [&] {
                       object.Use();
                       object.DropBy(kThird);
                     }).value();
      MergeAll(queue.Close());
    }
    ZOKIO_CHECK(object.freed == 1, "freed once");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

// As above, and another thread takes the queue over at once.
TEST(BiasedCountModel, TheQueueServesTheNextThread) {
  const model::Report report = model::Explore({.name = "the queue is taken over"}, [] {
    MergeQueue queue;
    Object object(&queue);
    object.payload.Write(0);
    {
      Thread other = Thread::Start("other", [&] {
                       object.Use();
                       object.DropBy(kOther);
                     }).value();
      MergeAll(queue.Close());
      queue.Open();  // the next owner, with a token of its own
      MergeAll(queue.TakeAll());
    }
    MergeAll(queue.TakeAll());
    ZOKIO_CHECK(object.freed == 1, "freed once");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

// Two threads drop references that the owner counted, while it drops its own.
TEST(BiasedCountModel, TwoOthersAndTheOwner) {
  const model::Report report = model::Explore({.name = "two others"}, [] {
    MergeQueue queue;
    Object object(&queue);
    object.payload.Write(0);
    object.Clone(kOwner);
    object.Clone(kOwner);
    {
      Thread first = Thread::Start("first", [&] { object.DropBy(kOther); }).value();
      Thread second = Thread::Start("second", [&] { object.DropBy(kThird); }).value();
      object.DropBy(kOwner);
    }
    MergeAll(queue.TakeAll());
    ZOKIO_CHECK(object.freed == 1, "freed once");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

}  // namespace
}  // namespace zokio::mem_internal
