// A loop and its senders under the model checker: inbox, ring and wake flag as internal/loop.cc
// uses them. Every message arrives; a wake that is lost is a verdict.
#include <gtest/gtest.h>

#include <array>
#include <memory>

#include "actor/internal/credit_account.h"
#include "actor/internal/inbox.h"
#include "actor/internal/pair_queue.h"
#include "actor/spsc_ring.h"
#include "base/atomic.h"
#include "base/check.h"
#include "base/parker.h"
#include "base/thread.h"
#include "future/waker.h"
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
  const model::Report report = model::Explore(
      {.name = "inbox and ring", .mode = model::Mode::kBounded, .preemptions_max = 2}, [] {
        auto home = std::make_unique<Home>();
        home->expected = 3;
        Thread peer = Thread::Start("peer", [&] { home->Publish(0); }).value();
        Thread thread = Thread::Start("thread", [&] { home->Post(1); }).value();
        home->Receive(2);
      });
  EXPECT_TRUE(report.Proven()) << report;
}

// A ring of one holds a part of what is sent; the rest is spilled, in order, while the receiver
// takes.
TEST(PairQueueModel, TheSpillKeepsTheOrder) {
  const model::Report report = model::Explore(
      {.name = "pair queue", .mode = model::Mode::kBounded, .preemptions_max = 2}, [] {
        auto queue = std::make_unique<PairQueue<Node>>(1);
        auto nodes = std::make_unique<Node[]>(4);
        int last = 0;
        auto take_all = [&] {
          queue->Observe();
          queue->TakeObserved(
              [&](Node* node) { ZOKIO_CHECK(node->value == ++last, "in order, once"); },
              [](Node*) {});
        };
        {
          Thread sender = Thread::Start("sender", [&] {
                            for (int i = 0; i < 4; ++i) {
                              nodes[i].value = i + 1;
                              queue->Stage(&nodes[i]);
                              if (i != 1) queue->Publish();
                            }
                          }).value();
          take_all();
          take_all();
        }
        take_all();
        ZOKIO_CHECK(last == 4 && queue->empty(), "all came");
      });
  EXPECT_TRUE(report.Proven()) << report;
}

// A waker that unparks a thread.
struct Sleeper {
  static void Nothing(void*) {}
  static void Unpark(void* parker) { static_cast<Parker*>(parker)->Unpark(); }
  static Waker Clone(void* parker) { return Waker(&kVtable, parker); }
  static constexpr WakerVtable kVtable{&Clone, &Unpark, &Unpark, &Nothing};
};

// Two messages die elsewhere while their sender waits for a credit: it is woken, and the last of
// all frees the account.
TEST(CreditAccountModel, WhoWaitsForACreditIsWoken) {
  const model::Report report =
      model::Explore({.name = "credits", .mode = model::Mode::kBounded, .preemptions_max = 2}, [] {
        Parker parker;
        Waker waker(&Sleeper::kVtable, &parker);
        auto* account = new CreditAccount(2);
        ZOKIO_CHECK(account->TryTake() && account->TryTake(), "two were given");
        Thread one = Thread::Start("one", [&] { account->Return(); }).value();
        Thread two = Thread::Start("two", [&] { account->Return(); }).value();
        for (int i = 0; i < 2; ++i) {
          while (!account->TakeOrWait(waker)) parker.Park();
        }
        account->Return();
        account->Return();
        account->Close();
      });
  EXPECT_TRUE(report.Proven()) << report;
}

// A thread tells the receiver, then another loop, which tells the receiver in turn: the receiver
// hears them in that order.
TEST(PairQueueModel, WhatFollowsFromAThreadComesAfterIt) {
  const model::Report report = model::Explore({.name = "inbox before what follows"}, [] {
    auto inbox = std::make_unique<Inbox<Node>>();
    auto queue = std::make_unique<PairQueue<Node>>(2);
    auto nodes = std::make_unique<Node[]>(2);
    Atomic<int> told{0};
    bool first_came = false;
    Thread thread = Thread::Start("thread", [&] {
                      inbox->Push(&nodes[0]);
                      told.store(1, memory_order_release);
                    }).value();
    Thread loop = Thread::Start("loop", [&] {
                    if (told.load(memory_order_acquire) == 0) return;
                    queue->Stage(&nodes[1]);
                    queue->Publish();
                  }).value();
    for (int i = 0; i < 2; ++i) {
      queue->Observe();
      if (inbox->TakeAll() != nullptr) first_came = true;
      queue->TakeObserved([&](Node*) { ZOKIO_CHECK(first_came, "the cause comes first"); },
                          [](Node*) {});
    }
  });
  EXPECT_TRUE(report.Proven()) << report;
}

// The hand-over of internal/loop_moves.cc: an old home, a new one, a loop and a thread that send
// two messages each. What one of them sends is handled in its order, whichever way it went.
struct Handover {
  struct Mail {
    Mail* next = nullptr;
    int sender = 0;
    int value = 0;  // zero: a fence; at the new home: nothing more comes from the old one
  };
  struct Place {
    Inbox<Mail> inbox;
    Atomic<uint32_t> outsiders{0};
  };
  static constexpr int kThread = 0;
  static constexpr int kLoop = 1;

  explicit Handover(bool counts) : counts_outsiders(counts) {}

  // A thread outside.
  void Tell(Mail* mail) {
    while (true) {
      Place* to = home.load(memory_order_acquire);
      to->outsiders.fetch_add(1, memory_order_seq_cst);
      const bool there = !counts_outsiders || home.load(memory_order_seq_cst) == to;
      if (there) to->inbox.Push(mail);
      to->outsiders.fetch_sub(1, memory_order_release);
      old_parker.Unpark();
      if (there) return;
    }
  }
  // The loop, between whose messages the old home's wish for a fence arrives at some time.
  void RunLoop() {
    bool fenced = false;
    const auto look = [&] {
      if (fenced || !fence_wanted.load(memory_order_acquire)) return;
      fenced = true;
      Put(loop_to_old, &fence);
      old_parker.Unpark();
    };
    for (Mail* mail : {&mails[2], &mails[3]}) {
      look();
      Put(home.load(memory_order_acquire) == &old_home ? loop_to_old : loop_to_new, mail);
    }
    while (!fenced) {
      loop_parker.Park();
      look();
    }
  }
  // The old home: before the move it has handled nothing, so all goes on.
  void MoveAway() {
    home.store(&new_home, memory_order_seq_cst);
    fence_wanted.store(true, memory_order_release);
    loop_parker.Unpark();
    bool fence_back = false;
    bool inbox_taken = false;
    while (true) {
      const bool alone = !counts_outsiders || old_home.outsiders.load(memory_order_seq_cst) == 0;
      for (Mail* mail = old_home.inbox.TakeAll(); mail != nullptr;) {
        Mail* next = mail->next;
        Put(old_to_new, mail);
        mail = next;
      }
      loop_to_old.Observe();
      loop_to_old.TakeObserved(
          [&](Mail* mail) {
            if (mail == &fence) fence_back = true;
            if (mail != &fence) Put(old_to_new, mail);
          },
          [](Mail*) {});
      inbox_taken |= alone;
      if (fence_back && inbox_taken) break;
      old_parker.Park();
    }
    Put(old_to_new, &arrival);
  }
  // The new home, once all others are through: it need not be quick for the order to be wrong.
  void Handle() {
    std::array<Mail*, 4> held{};
    size_t holds = 0;
    const auto hold = [&](Mail* mail) { held[holds++] = mail; };
    loop_to_new.Observe();
    loop_to_new.TakeObserved(hold, [](Mail*) {});
    for (Mail* mail = new_home.inbox.TakeAll(); mail != nullptr; mail = mail->next) hold(mail);
    bool arrived = false;
    old_to_new.Observe();
    old_to_new.TakeObserved(
        [&](Mail* mail) {
          ZOKIO_CHECK(!arrived, "nothing comes from the old home afterwards");
          mail == &arrival ? (void)(arrived = true) : Take(mail);
        },
        [](Mail*) {});
    ZOKIO_CHECK(arrived, "the old home said so");
    for (size_t i = 0; i < holds; ++i) Take(held[i]);
    ZOKIO_CHECK(last[kThread] == 2 && last[kLoop] == 2, "all came");
  }

  static void Put(PairQueue<Mail>& queue, Mail* mail) {
    queue.Stage(mail);
    queue.Publish();
  }
  void Take(Mail* mail) { ZOKIO_CHECK(mail->value == ++last[mail->sender], "in order, once"); }

  const bool counts_outsiders;
  Place old_home;
  Place new_home;
  Atomic<Place*> home{&old_home};
  Atomic<bool> fence_wanted{false};
  Parker old_parker;
  Parker loop_parker;
  PairQueue<Mail> loop_to_old{4};
  PairQueue<Mail> loop_to_new{4};
  PairQueue<Mail> old_to_new{8};
  Mail mails[4] = {
      {nullptr, kThread, 1}, {nullptr, kThread, 2}, {nullptr, kLoop, 1}, {nullptr, kLoop, 2}};
  Mail fence;
  Mail arrival;
  int last[2] = {0, 0};
};

model::Report ExploreHandover(const char* name, bool counts_outsiders, bool with_loop,
                              int preemptions) {
  return model::Explore(
      {.name = name, .mode = model::Mode::kBounded, .preemptions_max = preemptions}, [=] {
        auto handover = std::make_unique<Handover>(counts_outsiders);
        {
          Thread mover = Thread::Start("old home", [&] { handover->MoveAway(); }).value();
          Thread loop;
          if (with_loop) {
            loop = Thread::Start("loop", [&] { handover->RunLoop(); }).value();
          }
          handover->Tell(&handover->mails[0]);
          handover->Tell(&handover->mails[1]);
          if (!with_loop) handover->RunLoop();
        }
        handover->Handle();
      });
}

// Two preemptions hold as well, in a minute: 834 605 schedules.
TEST(HandoverModel, ALoopAndAThreadKeepTheirOrderWithinOnePreemption) {
  const model::Report report = ExploreHandover("hand-over", true, true, 1);
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(HandoverModel, WithoutACountOfThreadsAMessageIsLeftBehind) {
  const model::Report report = ExploreHandover("hand-over, planted fault", false, false, 2);
  EXPECT_FALSE(report.Passed());
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
