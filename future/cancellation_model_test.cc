// The cancellation tree under the model checker: a cancel reaches every node that exists or is
// being made, wakes who waits, runs a callback once or never, and a node is freed by exactly one
// owner.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/thread.h"
#include "future/cancellation.h"
#include "future/model_testing.h"
#include "tools/model/model.h"

namespace zokio {
namespace {

using testing::ThreadContext;

model::Report Explore(const char* name, int preemptions, void (*body)()) {
  return model::Explore(
      {.name = name, .mode = model::Mode::kBounded, .preemptions_max = preemptions}, body);
}

// A child made while its parent is cancelled is cancelled with it or from the beginning.
TEST(CancellationModel, AChildInTheMakingIsReached) {
  const model::Report report = model::Explore({.name = "cancel, a child is made"}, [] {
    auto place = std::make_unique<ThreadContext>();
    auto root = std::make_unique<CancelSource>();
    Thread canceller = Thread::Start("canceller", [&] { root->Cancel(); }).value();
    {
      CancelSource child(root->token());
      CancelToken token = child.token();
      auto wait = token.Cancelled();
      (void)place->Wait(wait);
      ZOKIO_CHECK(child.cancelled() && root->cancelled(), "both");
    }
    canceller.Join();
  });
  EXPECT_TRUE(report.Proven()) << report;
}

// The cancel walks the tree while a node of it dies and another is waited for.
TEST(CancellationModel, ANodeMayDieWhileItsParentIsCancelled) {
  const model::Report report = Explore("cancel, a node dies", 1, [] {
    auto place = std::make_unique<ThreadContext>();
    auto root = std::make_unique<CancelSource>();
    auto dies = std::make_unique<CancelSource>(root->token());
    auto stays = std::make_unique<CancelSource>(root->token());
    Thread canceller = Thread::Start("canceller", [&] { root->Cancel(); }).value();
    Thread dropper = Thread::Start("dropper", [&] { dies.reset(); }).value();
    auto wait = stays->token().Cancelled();
    (void)place->Wait(wait);
    canceller.Join();
    dropper.Join();
    ZOKIO_CHECK(stays->cancelled(), "reached");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(CancellationModel, ADroppedWaitLeavesTheQueue) {
  const model::Report report = model::Explore({.name = "cancel, a dropped wait"}, [] {
    auto place = std::make_unique<ThreadContext>();
    auto root = std::make_unique<CancelSource>();
    Thread canceller = Thread::Start("canceller", [&] { root->Cancel(); }).value();
    {
      auto wait = root->token().Cancelled();
      (void)wait.poll(place->context());
    }
    canceller.Join();
    ZOKIO_CHECK(root->cancelled(), "in any case");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

// When a callback's destructor has returned, its function does not run and will not.
TEST(CancellationModel, ACallbackRunsBeforeItsEndOrNever) {
  const model::Report report = Explore("cancel, a callback goes", 2, [] {
    auto root = std::make_unique<CancelSource>();
    Thread canceller = Thread::Start("canceller", [&] { root->Cancel(); }).value();
    auto state = std::make_unique<int>(0);
    {
      CancelCallback callback(root->token(), [value = state.get()] { ++*value; });
    }
    ZOKIO_CHECK(*state <= 1, "once or not");
    state.reset();  // a run later than this would be a use after free
    canceller.Join();
  });
  EXPECT_TRUE(report.Proven()) << report;
}

// Two threads cancel: the callback runs once.
TEST(CancellationModel, TwoCancelsRunACallbackOnce) {
  const model::Report report = Explore("cancel, twice", 2, [] {
    auto root = std::make_unique<CancelSource>();
    auto child = std::make_unique<CancelSource>(root->token());
    auto state = std::make_unique<int>(0);
    auto callback =
        std::make_unique<CancelCallback>(child->token(), [value = state.get()] { ++*value; });
    Thread other = Thread::Start("other", [&] { root->Cancel(); }).value();
    child->Cancel();
    other.Join();
    callback.reset();
    ZOKIO_CHECK(*state == 1, "once");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

}  // namespace
}  // namespace zokio
