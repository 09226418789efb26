// Tasks bound to a worker, pushed by other threads while it sleeps: none is lost, nor its wake.
#include <gtest/gtest.h>

#include "base/check.h"
#include "base/parker.h"
#include "base/thread.h"
#include "sched/internal/pinned_queue.h"
#include "sched/testing_tasks.h"
#include "tools/model/model.h"

namespace zokio::internal {
namespace {

TEST(PinnedQueueModel, EachPushIsSeenByAWorkerThatSleepsInBetween) {
  const model::Report report = model::Explore({.name = "pinned queue, two pushers"}, [] {
    testing::BareTasks tasks(2);
    PinnedQueue queue;
    Parker worker;
    auto push = [&](size_t i) { queue.PushRemote(tasks[i], [&] { worker.Unpark(); }); };
    Thread first = Thread::Start("first", [&] { push(0); }).value();
    Thread second = Thread::Start("second", [&] { push(1); }).value();
    bool seen[2] = {false, false};
    for (int taken = 0; taken < 2;) {
      TaskHeader* task = queue.Pop();
      if (task == nullptr) {
        worker.Park();
        continue;
      }
      bool& mine = seen[task == tasks[0] ? 0 : 1];
      ZOKIO_CHECK(!mine, "a task is taken once");
      mine = true;
      ++taken;
    }
    ZOKIO_CHECK(queue.empty(), "nothing is left");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

}  // namespace
}  // namespace zokio::internal
