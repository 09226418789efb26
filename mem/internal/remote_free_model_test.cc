// What threads give back to each other, under the model checker: the remote list, the biased
// reference count with its closing queue, the stack of idle heaps.
#include <gtest/gtest.h>

#include <memory>

#include "base/atomic.h"
#include "base/check.h"
#include "base/thread.h"
#include "mem/internal/biased_count.h"
#include "mem/internal/idle_stack.h"
#include "mem/internal/remote_list.h"
#include "tools/model/model.h"

namespace zokio::mem_internal {
namespace {

Thread Go(const char* name, std::function<void()> body) {
  return Thread::Start(name, std::move(body)).value();
}

// Two threads free blocks of the owner, which takes them now and at the end: each comes back once,
// with what was written to it.
TEST(RemoteListModel, EveryBlockComesBackOnce) {
  const model::Report report = model::Explore({.name = "remote list"}, [] {
    auto list = std::make_unique<RemoteList>();
    auto blocks = std::make_unique<RemoteBlock[]>(3);
    int seen[3] = {};
    auto take = [&] {
      for (RemoteBlock* block = list->TakeAll(); block != nullptr; block = block->next) {
        ZOKIO_CHECK(block->payload == static_cast<uint64_t>(block - &blocks[0]) + 7, "payload");
        ++seen[block - &blocks[0]];
      }
    };
    {
      Thread first = Go("one block", [&] {
        blocks[0].payload = 7;
        list->Push(&blocks[0], &blocks[0]);
      });
      Thread second = Go("a chain", [&] {
        blocks[1].payload = 8;
        blocks[2].payload = 9;
        blocks[1].next = &blocks[2];
        list->Push(&blocks[1], &blocks[2]);
      });
      take();
    }
    take();
    ZOKIO_CHECK(seen[0] == 1 && seen[1] == 1 && seen[2] == 1, "each block once");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

// An object counted by a BiasedCount, freed by whoever is told so.
struct Counted {
  explicit Counted(MergeQueue* queue) : count(1, queue) {}
  BiasedCount count;
  int value = 0;
};

Counted* ObjectOf(BiasedCount* count) { return reinterpret_cast<Counted*>(count); }

constexpr uint64_t kOwner = 1;
constexpr uint64_t kOther = 2;

void Drop(Counted* object, uint64_t token) {
  object->value += 0;  // a last use: must come before the free
  if (object->count.Drop(token)) delete object;
}

void MergeAll(BiasedCount* queued) {
  while (queued != nullptr) {
    BiasedCount* next = queued->next_queued;
    if (queued->MergeQueued()) delete ObjectOf(queued);
    queued = next;
  }
}

// The owner's reference goes to another thread, which drops more than it counted.
TEST(BiasedCountModel, ReferencesThatMoveAreFreedOnce) {
  const model::Report report = model::Explore({.name = "biased count, moved"}, [] {
    auto queue = std::make_unique<MergeQueue>();
    auto* object = new Counted(queue.get());
    object->count.Clone(kOwner);
    Thread other = Go("other", [=] {
      object->count.Clone(kOther);
      Drop(object, kOther);
      Drop(object, kOther);
    });
    // The owner's own use of the value would race with the other's; it only counts.
    if (object->count.Drop(kOwner)) delete object;
    MergeAll(queue->TakeAll());
    other.Join();
    MergeAll(queue->TakeAll());
  });
  EXPECT_TRUE(report.Proven()) << report;
}

// The owner's thread ends while another one drops: the queue closes, the late one merges itself.
TEST(BiasedCountModel, TheOwnerEndsMeanwhile) {
  const model::Report report = model::Explore({.name = "biased count, owner ends"}, [] {
    auto queue = std::make_unique<MergeQueue>();
    auto* object = new Counted(queue.get());
    Thread other = Go("other", [=] { Drop(object, kOther); });
    MergeAll(queue->Close());
    other.Join();
  });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(BiasedCountModel, TwoOthersAndTheOwner) {
  const model::Report report = model::Explore({.name = "biased count, three threads"}, [] {
    auto queue = std::make_unique<MergeQueue>();
    auto* object = new Counted(queue.get());
    object->count.Clone(kOwner);
    object->count.Clone(kOwner);
    auto drop = [=] {
      if (object->count.Drop(kOther)) delete object;
    };
    {
      Thread first = Go("first", drop);
      Thread second = Go("second", drop);
      if (object->count.Drop(kOwner)) delete object;
    }
    MergeAll(queue->TakeAll());
  });
  EXPECT_TRUE(report.Proven()) << report;
}

struct alignas(4096) Heap {
  Atomic<Heap*> next_idle{nullptr};
  int state = 0;
};

// Two threads take a heap each, use it and give it back, over and over: never the same at once.
TEST(IdleStackModel, AHeapHasOneOwner) {
  const model::Report report = model::Explore({.name = "idle stack"}, [] {
    auto stack = std::make_unique<IdleStack<Heap>>();
    auto first = std::make_unique<Heap>();
    auto second = std::make_unique<Heap>();
    stack->Push(second.get());
    stack->Push(first.get());
    auto use = [&](int times) {
      for (int i = 0; i < times; ++i) {
        Heap* heap = stack->Pop();
        if (heap == nullptr) continue;
        ++heap->state;  // a race here would be two owners
        stack->Push(heap);
      }
    };
    {
      Thread other = Go("other", [&] { use(2); });
      use(1);
    }
    Heap* one = stack->Pop();
    Heap* two = stack->Pop();
    ZOKIO_CHECK(one != nullptr && two != nullptr && one != two, "both are back");
    ZOKIO_CHECK(stack->Pop() == nullptr, "and no more");
    ZOKIO_CHECK(one->state + two->state == 3, "each was used as often as it was taken");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

}  // namespace
}  // namespace zokio::mem_internal
