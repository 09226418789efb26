// The ring by which threads send to a loop of a pinned actor, under the model checker.
#include <gtest/gtest.h>

#include <memory>

#include "actor/internal/inbox.h"
#include "actor/internal/ring_inbox.h"
#include "base/atomic.h"
#include "base/check.h"
#include "base/parker.h"
#include "base/thread.h"
#include "tools/model/model.h"

namespace zokio::internal {
namespace {

struct Node {
  Node* next = nullptr;
  int value = 0;
};

// Two threads, a ring of one: what each pushes comes in its order, by ring or list.
TEST(RingInboxModel, WhatSpillsKeepsItsSendersOrder) {
  const model::Report report = model::Explore(
      {.name = "ring inbox", .mode = model::Mode::kBounded, .preemptions_max = 2}, [] {
        auto inbox = std::make_unique<RingInbox<Node>>(1);
        auto nodes = std::make_unique<Node[]>(3);
        int last[2] = {0, 0};
        int taken = 0;
        auto take_all = [&] {
          inbox->Drain([&](Node* node) {
            ZOKIO_CHECK(node->value % 10 == ++last[node->value / 10], "in order, once");
            ++taken;
          });
        };
        {
          Thread senders[2];
          for (int s = 0; s < 2; ++s) {
            senders[s] = Thread::Start("sender", [&, s] {
                           for (int i = 0; i < 2 - s; ++i) {
                             nodes[2 * s + i].value = 10 * s + i + 1;
                             inbox->Push(&nodes[2 * s + i]);
                           }
                         }).value();
          }
          take_all();
          take_all();
        }
        while (!inbox->empty()) take_all();
        ZOKIO_CHECK(taken == 3, "all came");
      });
  EXPECT_TRUE(report.Proven()) << report;
}

// Two threads push, by ring or list, and wake the owner, which sleeps by the protocol of inbox.h,
// also while one of them has claimed a slot and not filled it: it takes all, and looks in vain a
// few times for each push at most, however long that takes.
TEST(RingInboxModel, WhoIsHeldUpWhileItPushesIsWaitedForAsleep) {
  const model::Report report = model::Explore(
      {.name = "ring inbox, asleep", .mode = model::Mode::kBounded, .preemptions_max = 2}, [] {
        struct Home {
          RingInbox<Node> inbox{1};
          WakeFlag wake;
          Parker parker;
          Node nodes[2];
          void Push(int i) {
            inbox.Push(&nodes[i]);
            if (wake.Raise()) parker.Unpark();
          }
        };
        auto home = std::make_unique<Home>();
        Thread one = Thread::Start("one", [&] { home->Push(0); }).value();
        Thread two = Thread::Start("two", [&] { home->Push(1); }).value();
        int left = 2;
        int in_vain = 0;
        while (left != 0) {
          const auto taken = static_cast<int>(home->inbox.Drain([](Node*) {}));
          left -= taken;
          if (taken != 0) continue;
          ZOKIO_CHECK(++in_vain <= 8, "it does not spin");
          home->wake.Lower();
          if (!home->inbox.empty()) {
            (void)home->wake.Raise();
            continue;
          }
          home->parker.Park();
        }
      });
  EXPECT_TRUE(report.Proven()) << report;
}

// Two threads push, and the second one says that it has: then the owner has taken that, or sees
// that not all is settled, also where the first has claimed the place before and not filled it.
TEST(RingInboxModel, WhatStandsBehindWhoIsHeldUpIsNotSettled) {
  const model::Report report = model::Explore({.name = "ring inbox, settled"}, [] {
    auto inbox = std::make_unique<RingInbox<Node>>(2);
    auto nodes = std::make_unique<Node[]>(2);
    Atomic<bool> said{false};
    bool taken = false;
    auto take_all = [&] { inbox->Drain([&](Node* node) { taken |= node == &nodes[1]; }); };
    {
      Thread one = Thread::Start("one", [&] { inbox->Push(&nodes[0]); }).value();
      Thread two = Thread::Start("two", [&] {
                     inbox->Push(&nodes[1]);
                     said.store(true, memory_order_release);
                   }).value();
      take_all();
      const bool heard = said.load(memory_order_acquire);
      ZOKIO_CHECK(!heard || taken || !inbox->settled(), "it is still there");
    }
    take_all();
    ZOKIO_CHECK(taken && inbox->settled(), "all came");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

}  // namespace
}  // namespace zokio::internal
