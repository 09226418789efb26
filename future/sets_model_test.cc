// Unordered's queue of the woken, the wakers of a combinator's children, and Shared, under the
// model checker: no wake is lost, none comes after the end, and blocks are freed by exactly one
// owner.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "base/thread.h"
#include "future/join.h"
#include "future/model_testing.h"
#include "future/oneshot.h"
#include "future/select.h"
#include "future/shared.h"
#include "future/unordered.h"
#include "tools/model/model.h"

namespace zokio {
namespace {

using testing::ThreadContext;
using Sender = OneshotSender<int>;

model::Report Explore(const char* name, int preemptions, void (*body)()) {
  return model::Explore(
      {.name = name, .mode = model::Mode::kBounded, .preemptions_max = preemptions}, body);
}

// Sends on a thread of its own.
Thread SendOn(const char* name, Sender sender, int value) {
  auto* end = new Sender(std::move(sender));
  return Thread::Start(name,
                       [end, value] {
                         std::move(*end).Send(value);
                         delete end;
                       })
      .value();
}

TEST(UnorderedModel, EveryWakeYieldsItsAnswer) {
  const model::Report report = Explore("unordered, 2 members", 1, [] {
    auto place = std::make_unique<ThreadContext>();
    auto first = MakeOneshot<int>();
    auto second = MakeOneshot<int>();
    auto set = std::make_unique<Unordered<OneshotReceiver<int>>>();
    set->Push(std::move(first.receiver));
    set->Push(std::move(second.receiver));
    Thread a = SendOn("a", std::move(first.sender), 1);
    Thread b = SendOn("b", std::move(second.sender), 2);
    int sum = 0;
    while (true) {
      auto next = set->Next();
      auto answer = place->Wait(next).value();
      if (!answer) break;
      ZOKIO_CHECK(answer->ok(), "both senders send");
      sum += **answer;
    }
    ZOKIO_CHECK(sum == 3, "each answer once");
    a.Join();
    b.Join();
  });
  EXPECT_TRUE(report.Proven()) << report;
}

// The set goes away, polled or not, while a member is woken: the late wake reaches nobody.
TEST(UnorderedModel, ALateWakeFindsAClosedQueue) {
  const model::Report report = model::Explore({.name = "unordered, a late wake"}, [] {
    auto place = std::make_unique<ThreadContext>();
    auto channel = MakeOneshot<int>();
    auto set = std::make_unique<Unordered<OneshotReceiver<int>>>();
    set->Push(std::move(channel.receiver));
    Thread sender = SendOn("sender", std::move(channel.sender), 1);
    {
      auto next = set->Next();
      (void)next.poll(place->context());
    }
    set.reset();
    sender.Join();
  });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(ChildWakersModel, AJoinHearsOfBoth) {
  const model::Report report = Explore("join of 2", 2, [] {
    auto place = std::make_unique<ThreadContext>();
    auto first = MakeOneshot<int>();
    auto second = MakeOneshot<int>();
    auto join = std::make_unique<JoinFuture<OneshotReceiver<int>, OneshotReceiver<int>>>(
        std::move(first.receiver), std::move(second.receiver));
    Thread a = SendOn("a", std::move(first.sender), 1);
    Thread b = SendOn("b", std::move(second.sender), 2);
    auto both = place->Wait(*join).value();
    ZOKIO_CHECK(*std::get<0>(both) == 1 && *std::get<1>(both) == 2, "both answers");
    a.Join();
    b.Join();
  });
  EXPECT_TRUE(report.Proven()) << report;
}

// The loser is dropped while its sender wakes it.
TEST(ChildWakersModel, ASelectsLoserIsWokenTooLate) {
  const model::Report report = Explore("select of 2", 2, [] {
    auto place = std::make_unique<ThreadContext>();
    auto first = MakeOneshot<int>();
    auto second = MakeOneshot<int>();
    auto select = std::make_unique<SelectFuture<OneshotReceiver<int>, OneshotReceiver<int>>>(
        std::move(first.receiver), std::move(second.receiver));
    Thread a = SendOn("a", std::move(first.sender), 0);
    Thread b = SendOn("b", std::move(second.sender), 1);
    auto winner = place->Wait(*select).value();
    select.reset();
    ZOKIO_CHECK(winner.index() == 0 ? *std::get<0>(winner) == 0 : *std::get<1>(winner) == 1,
                "the winner's answer");
    a.Join();
    b.Join();
  });
  EXPECT_TRUE(report.Proven()) << report;
}

using SharedReceiver = SharedFuture<OneshotReceiver<int>>;

// Two threads await one answer; the turn to poll goes from one to the other.
TEST(SharedModel, BothAwaitersGetTheAnswer) {
  const model::Report report = Explore("shared, 2 awaiters", 2, [] {
    auto places = std::make_unique<ThreadContext[]>(2);
    auto channel = MakeOneshot<int>();
    auto shared = std::make_unique<SharedReceiver>(std::move(channel.receiver));
    auto other = std::make_unique<SharedReceiver>(*shared);
    Thread sender = SendOn("sender", std::move(channel.sender), 7);
    Thread second = Thread::Start("second", [&, end = other.get()] {
                      auto mine = std::move(*end);
                      ZOKIO_CHECK(*places[1].Wait(mine).value() == 7, "the answer");
                    }).value();
    ZOKIO_CHECK(*places[0].Wait(*shared).value() == 7, "the answer");
    second.Join();
    sender.Join();
  });
  EXPECT_TRUE(report.Proven()) << report;
}

// One polls once and leaves, with the turn or without: the other still gets the answer.
TEST(SharedModel, ADroppedAwaiterPassesItsTurnOn) {
  const model::Report report = Explore("shared, an awaiter leaves", 2, [] {
    auto places = std::make_unique<ThreadContext[]>(2);
    auto channel = MakeOneshot<int>();
    auto shared = std::make_unique<SharedReceiver>(std::move(channel.receiver));
    auto other = std::make_unique<SharedReceiver>(*shared);
    Thread sender = SendOn("sender", std::move(channel.sender), 7);
    Thread leaves = Thread::Start("leaves", [&, end = other.get()] {
                      auto mine = std::move(*end);
                      (void)mine.poll(places[1].context());
                    }).value();
    ZOKIO_CHECK(*places[0].Wait(*shared).value() == 7, "the answer");
    leaves.Join();
    sender.Join();
  });
  EXPECT_TRUE(report.Proven()) << report;
}

}  // namespace
}  // namespace zokio
