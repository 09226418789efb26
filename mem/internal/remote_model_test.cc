// The lock-free lists of the memory package under the model checker: nothing is lost, nothing is
// taken twice, and who takes a block sees what was written to it.
#include <gtest/gtest.h>

#include "base/check.h"
#include "base/model_var.h"
#include "base/thread.h"
#include "mem/internal/idle_stack.h"
#include "mem/internal/remote_list.h"
#include "tools/model/model.h"

namespace zokio::mem_internal {
namespace {

struct Freed : RemoteBlock {
  ModelVar<int> written;
};

TEST(RemoteListModel, TheOwnerGetsEveryBlockOnceAndSeesItsBytes) {
  const model::Report report = model::Explore({.name = "remote frees"}, [] {
    RemoteList list;
    Freed blocks[3];
    int taken = 0;
    const auto drain = [&] {
      for (RemoteBlock* block = list.TakeAll(); block != nullptr;) {
        auto* freed = static_cast<Freed*>(block);
        block = block->next;
        ZOKIO_CHECK(freed->written.Read() == 1, "the last use is seen");
        freed->written.Write(2);  // taken twice, this would be seen above
        ++taken;
      }
    };
    {
      Thread one = Thread::Start("one", [&] {
                     blocks[0].written.Write(1);
                     blocks[1].written.Write(1);
                     blocks[0].next = &blocks[1];
                     list.Push(&blocks[0], &blocks[1]);
                   }).value();
      Thread two = Thread::Start("two", [&] {
                     blocks[2].written.Write(1);
                     list.Push(&blocks[2], &blocks[2]);
                   }).value();
      drain();
    }
    drain();
    ZOKIO_CHECK(taken == 3, "no block is lost");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

struct alignas(4096) Heap {
  Atomic<Heap*> next_idle{nullptr};
  ModelVar<int> owned;  // a race where two threads own it
};

TEST(IdleStackModel, AHeapHasOneOwnerAtATime) {
  static Heap* heaps;  // too large for a fiber's stack
  heaps = new Heap[2];
  const model::Report report = model::Explore({.name = "idle heaps"}, [] {
    IdleStack<Heap> stack;
    for (int i = 0; i < 2; ++i) {
      heaps[i].owned.Write(0);
      stack.Push(&heaps[i]);
    }
    const auto use = [&] {
      Heap* heap = stack.Pop();
      if (heap == nullptr) return;
      heap->owned.Write(heap->owned.Read() + 1);
      stack.Push(heap);
    };
    {
      Thread one = Thread::Start("one", [&] {
                     use();
                     use();
                   }).value();
      use();
    }
    Heap* first = stack.Pop();
    Heap* second = stack.Pop();
    ZOKIO_CHECK(first != nullptr && second != nullptr && first != second, "both are there");
    ZOKIO_CHECK(stack.Pop() == nullptr, "and nothing else");
    ZOKIO_CHECK(first->owned.Read() + second->owned.Read() == 3, "each use was alone");
  });
  EXPECT_TRUE(report.Proven()) << report;
  delete[] heaps;
}

}  // namespace
}  // namespace zokio::mem_internal
