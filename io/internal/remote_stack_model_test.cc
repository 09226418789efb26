// RemoteStack and SmallLock under the model checker: what is pushed is taken once or refused, and
// the lock's spinning, sleeping waiter gets in.
#include <gtest/gtest.h>

#include <memory>

#include "base/check.h"
#include "base/thread.h"
#include "io/internal/remote_stack.h"
#include "io/internal/small_lock.h"
#include "tools/model/model.h"

namespace zokio::io {
namespace {

struct Node {
  Node* link = nullptr;
  int value = 0;
};

// Two threads push while the owner takes, and then closes: each node comes once or is refused.
TEST(RemoteStackModel, EveryNodeIsTakenOnceOrRefused) {
  const model::Report report = model::Explore({.name = "remote stack"}, [] {
    auto stack = std::make_unique<RemoteStack<Node>>();
    auto nodes = std::make_unique<Node[]>(3);
    int taken[3] = {};
    auto refused = std::make_unique<bool[]>(3);
    auto push = [&](int i) {
      nodes[i].value = i + 1;
      refused[i] = !stack->Push(&nodes[i]);
    };
    auto take = [&](Node* node) {
      int previous = -1;
      for (; node != nullptr; node = node->link) {
        const int i = static_cast<int>(node - &nodes[0]);
        ZOKIO_CHECK(node->value == i + 1, "the pusher's writes are seen");
        // Nodes 0 and 1 come from one thread: in its order.
        ZOKIO_CHECK(i == 2 || i > previous, "oldest first");
        if (i != 2) previous = i;
        ++taken[i];
      }
    };
    Thread first = Thread::Start("first", [&] {
                     push(0);
                     push(1);
                   }).value();
    Thread second = Thread::Start("second", [&] { push(2); }).value();
    take(stack->TakeAll());
    take(stack->Close());
    first.Join();
    second.Join();
    for (int i = 0; i < 3; ++i) {
      ZOKIO_CHECK(taken[i] + (refused[i] ? 1 : 0) == 1, "taken once, or refused");
    }
  });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(SmallLockModel, ExcludesAndPublishes) {
  const model::Report report = model::Explore({.name = "small lock"}, [] {
    auto lock = std::make_unique<SmallLock>();
    auto value = std::make_unique<int>(0);
    auto add = [&] {
      const SmallLockGuard guard(*lock);
      ++*value;  // plain: two inside at once would be a race
    };
    Thread other = Thread::Start("other", add).value();
    add();
    other.Join();
    ZOKIO_CHECK(*value == 2, "both were in");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

// As an operation is done while its future looks at it and then drops it: whoever drops the last
// reference frees, once, and a future that finds itself alone needs no lock to see the result.
TEST(SmallLockModel, TheSoleHolderDoesWithoutTheLock) {
  struct Shared {
    SmallLock lock;
    int refs = 2;  // plain, as `result`: a race is found
    int result = 0;
    bool detached = false;
  };
  const model::Report report = model::Explore({.name = "sole holder"}, [] {
    auto shared = std::make_unique<Shared>();
    auto freed = std::make_unique<int[]>(2);
    Thread completes = Thread::Start("completes", [&] {
                         SmallLockGuard guard(shared->lock);
                         shared->result = 7;
                         if (--shared->refs == 0) {
                           ++freed[0];
                         } else if (!shared->detached) {
                           guard.UnlockToSole();
                         }
                       }).value();
    bool last = false;
    if (shared->lock.IsSole()) {
      ZOKIO_CHECK(shared->result == 7, "the result is seen");
      last = true;
    } else {
      const SmallLockGuard guard(shared->lock);
      shared->detached = true;
      last = --shared->refs == 0;
    }
    if (last) ++freed[1];
    completes.Join();
    ZOKIO_CHECK(freed[0] + freed[1] == 1, "freed once");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

}  // namespace
}  // namespace zokio::io
