// Every interleaving of an owner and thieves at a fork deque: each child is taken exactly once.
#include <gtest/gtest.h>

#include <cstdint>

#include "base/check.h"
#include "base/model_var.h"
#include "base/thread.h"
#include "sched/fork_deque.h"
#include "tools/model/model.h"

namespace zokio {
namespace {

using Deque = BasicForkDeque<2>;

TaskHeader* Child(uintptr_t number) { return reinterpret_cast<TaskHeader*>(number * 16); }

// What the owner wrote before the push must be there for whoever takes; taken twice is a race.
struct Children {
  ModelVar<int> payload[4];

  void Write(uintptr_t number) { payload[number].Write(1); }
  void Take(const TaskHeader* task) {
    auto number = reinterpret_cast<uintptr_t>(task) / 16;
    ZOKIO_CHECK(payload[number].Read() == 1, "taken once, after its push");
    payload[number].Write(2);
  }
  int Left() {
    int left = 0;
    for (auto& one : payload) left += one.Read() == 1 ? 1 : 0;
    return left;
  }
};

TEST(ForkDequeModel, LastEntryIsTakenByOwnerOrThief) {
  const model::Report report = model::Explore({.name = "fork deque, last entry"}, [] {
    auto* deque = new Deque;
    auto* children = new Children;
    {
      children->Write(1);
      deque->Push(Child(1));
      Thread thief = Thread::Start("thief", [&] {
                       if (TaskHeader* task = deque->Steal()) children->Take(task);
                     }).value();
      if (deque->PopIf(Child(1))) children->Take(Child(1));
    }
    ZOKIO_CHECK(deque->empty(), "nothing is left");
    ZOKIO_CHECK(children->Left() == 0, "nothing is lost");
    delete children;
    delete deque;
  });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(ForkDequeModel, OwnerPopsTwoWhileThievesSteal) {
  const model::Report report = model::Explore({.name = "fork deque, two thieves"}, [] {
    auto* deque = new Deque;
    auto* children = new Children;
    {
      children->Write(1);
      children->Write(2);
      deque->Push(Child(1));
      deque->Push(Child(2));
      auto steal = [&] {
        if (TaskHeader* task = deque->Steal()) children->Take(task);
      };
      Thread first = Thread::Start("first", steal).value();
      Thread second = Thread::Start("second", steal).value();
      if (deque->PopIf(Child(2))) children->Take(Child(2));
      if (deque->PopIf(Child(1))) children->Take(Child(1));
    }
    ZOKIO_CHECK(deque->empty() && children->Left() == 0, "nothing is lost");
    delete children;
    delete deque;
  });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(ForkDequeModel, SlotIsWrittenAgainOnlyWhenItsEntryIsGone) {
  const model::Report report = model::Explore({.name = "fork deque, lap"}, [] {
    auto* deque = new Deque;
    auto* children = new Children;
    {
      children->Write(1);
      children->Write(2);
      deque->Push(Child(1));
      deque->Push(Child(2));
      Thread thief = Thread::Start("thief", [&] {
                       if (TaskHeader* task = deque->Steal()) children->Take(task);
                     }).value();
      children->Write(3);
      if (!deque->Push(Child(3))) children->Take(Child(3));
      while (TaskHeader* task = deque->Pop()) children->Take(task);
    }
    // A pop that loses to the thief answers null though older ones cannot be left.
    ZOKIO_CHECK(deque->empty() && children->Left() == 0, "nothing is lost");
    delete children;
    delete deque;
  });
  EXPECT_TRUE(report.Proven()) << report;
}

}  // namespace
}  // namespace zokio
