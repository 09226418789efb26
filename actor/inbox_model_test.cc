// A loop and its senders under the model checker: inbox, ring and wake flag as internal/loop.cc uses
// them. Every message arrives; a wake that is lost is a verdict.
#include <gtest/gtest.h>

#include <memory>

#include "actor/internal/inbox.h"
#include "actor/spsc_ring.h"
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

// The parker stands for the task's waker and its executor.
struct Home {
  Inbox<Node> inbox;
  SpscRing<Node*> ring{2};
  WakeFlag wake;
  Parker parker;
  Node nodes[3];

  void WakeUp() {
    if (wake.Raise()) parker.Unpark();
  }
  void Post(int i) {
    nodes[i].value = i + 1;
    inbox.Push(&nodes[i]);
    WakeUp();
  }
  void Publish(int i) {
    nodes[i].value = i + 1;
    ZOKIO_CHECK(ring.TryPush(&nodes[i]), "there is room");
    WakeUp();
  }
  // Until `count` messages came.
  void Receive(int count) {
    int sum = 0;
    int last_of_inbox = 0;
    while (count > 0) {
      bool found = ring.Drain(2, [&](Node*&& node) {
        sum += node->value;
        --count;
      }) != 0;
      for (Node* node = inbox.TakeAll(); node != nullptr; node = node->next) {
        ZOKIO_CHECK(node->value > last_of_inbox || ordered == 0, "oldest first");
        last_of_inbox = node->value;
        sum += node->value;
        --count;
        found = true;
      }
      if (found) continue;
      wake.Lower();
      if (!inbox.empty() || !ring.empty()) {
        (void)wake.Raise();
        continue;
      }
      parker.Park();
    }
    ZOKIO_CHECK(sum == expected, "what was written is seen");
  }

  int ordered = 0;
  int expected = 0;
};

TEST(InboxModel, OneThreadPostsTwiceInOrder) {
  const model::Report report = model::Explore({.name = "inbox, one sender"}, [] {
    auto home = std::make_unique<Home>();
    home->ordered = 1;
    home->expected = 3;
    Thread sender = Thread::Start("sender", [&] {
                      home->Post(0);
                      home->Post(1);
                    }).value();
    home->Receive(2);
  });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(InboxModel, APeerLoopAndAThreadWithinTwoPreemptions) {
  const model::Report report = model::Explore({.name = "inbox and ring",
                                               .mode = model::Mode::kBounded,
                                               .preemptions_max = 2},
                                              [] {
                                                auto home = std::make_unique<Home>();
                                                home->expected = 3;
                                                Thread peer = Thread::Start("peer", [&] {
                                                                home->Publish(0);
                                                              }).value();
                                                Thread thread = Thread::Start("thread", [&] {
                                                                  home->Post(1);
                                                                }).value();
                                                home->Receive(2);
                                              });
  EXPECT_TRUE(report.Proven()) << report;
}

// Who is woken once too often goes on; who is not woken is found by the checker.
TEST(InboxModel, AFlagThatIsOnlyReadLosesAWake) {
  const model::Report report = model::Explore({.name = "inbox, planted fault"}, [] {
    struct Faulty {
      Inbox<Node> inbox;
      Atomic<bool> raised{true};
      Parker parker;
      Node node;
    };
    auto home = std::make_unique<Faulty>();
    Thread sender = Thread::Start("sender", [&] {
                      home->inbox.Push(&home->node);
                      if (!home->raised.load(memory_order_acquire)) home->parker.Unpark();
                    }).value();
    while (home->inbox.TakeAll() == nullptr) {
      home->raised.store(false, memory_order_release);
      if (!home->inbox.empty()) continue;
      home->parker.Park();
    }
  });
  EXPECT_FALSE(report.Passed());
}

}  // namespace
}  // namespace zokio::internal
