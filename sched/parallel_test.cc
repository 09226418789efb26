#include "sched/parallel.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/atomic.h"
#include "future/yield.h"
#include "sched/scheduler.h"
#include "sched/testing_scheduler.h"

namespace zokio {
namespace {

using testing::MakeScheduler;

TEST(ParallelTest, ForVisitsEachNumberOnce) {
  auto scheduler = MakeScheduler(2);
  std::vector<int> visits(10007);
  scheduler->BlockOn([&]() -> Task<> {
    co_await ParallelFor(0, visits.size(), [&](size_t i) { ++visits[i]; });
    co_await ParallelFor(
        7, visits.size(),
        [&](size_t begin, size_t end) {
          EXPECT_LE(end - begin, 10u);
          for (; begin < end; ++begin) ++visits[begin];
        },
        10);
    co_await ParallelFor(5, 5, [&](size_t) { ADD_FAILURE() << "nothing to visit"; });
    Atomic<size_t> numbers{0};
    co_await ParallelFor(
        0, 100,
        [&](size_t begin, size_t end) -> Task<> {
          co_await Yield();
          numbers.fetch_add(end - begin);
        },
        7);
    EXPECT_EQ(numbers.load(), 100u);
  });
  for (size_t i = 0; i < visits.size(); ++i) ASSERT_EQ(visits[i], i < 7 ? 1 : 2) << i;
}

TEST(ParallelTest, ReduceKeepsTheOrder) {
  auto scheduler = MakeScheduler(2);
  std::string text = scheduler->BlockOn(ParallelReduce(
      0, 26, std::string("<"),
      [](size_t begin, size_t end) {
        std::string piece;
        for (; begin < end; ++begin) piece += static_cast<char>('a' + begin);
        return piece;
      },
      std::plus<>(), 1));
  EXPECT_EQ(text, "<abcdefghijklmnopqrstuvwxyz");
}

}  // namespace
}  // namespace zokio
