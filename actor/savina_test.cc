// Savina's programs on a real scheduler: what comes out is what a sequential program computes.
#include "actor/testing/savina.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "actor/actor_system.h"
#include "base/random.h"
#include "sched/scheduler.h"

namespace zokio::testing {
namespace {

// Three workers, so that there are more loops than this machine may have cores.
class SavinaTest : public ::testing::Test {
 protected:
  // Every actor has ended by itself or was stopped, and no message was lost on the way.
  void EndsWithoutLoss() {
    ASSERT_TRUE(system_->Shutdown().ok());
    EXPECT_EQ(system_->Stats().dead_letters, 0u);
    EXPECT_EQ(system_->Stats().failures, 0u);
  }
  ActorSystem& system() { return *system_; }

 private:
  static std::unique_ptr<Scheduler> MakeScheduler() {
    SchedulerOptions options;
    options.workers = 3;
    return Scheduler::Create(std::move(options)).value();
  }

  std::unique_ptr<Scheduler> scheduler_ = MakeScheduler();
  std::unique_ptr<ActorSystem> system_ = std::make_unique<ActorSystem>(*scheduler_);
};

TEST_F(SavinaTest, ATokenGoesRound) {
  uint64_t expected = 0;
  for (uint64_t i = 0; i <= 2000; ++i) expected += i % 7;
  EXPECT_EQ(ThreadRing(system(), 7, 2000), expected);
  EndsWithoutLoss();
}

TEST_F(SavinaTest, ChameneosMeetInPairs) {
  EXPECT_EQ(Chameneos(system(), 10, 1000), 2000u);
  EndsWithoutLoss();
}

TEST_F(SavinaTest, ADictionaryAnswersEachWorker) {
  constexpr uint64_t kWorkers = 5;
  constexpr uint64_t kOperations = 400;
  uint64_t expected = 0;
  std::map<uint64_t, uint64_t> values;
  for (uint64_t worker = 0; worker < kWorkers; ++worker) {
    for (uint64_t i = 0; i < kOperations; ++i) {
      const DictionaryStep step = DictionaryStep::Of(worker, i);
      if (step.write) {
        values[step.key] = step.value;
      } else if (auto at = values.find(step.key); at != values.end()) {
        expected += at->second;
      }
    }
  }
  EXPECT_GT(expected, 0u);
  EXPECT_EQ(Dictionary(system(), kWorkers, kOperations), expected);
  EndsWithoutLoss();
}

std::vector<uint64_t> Drawn(size_t count, uint32_t bound) {
  Random random(count);
  std::vector<uint64_t> values(count);
  for (uint64_t& value : values) value = random.Below(bound);
  return values;
}

TEST_F(SavinaTest, ABitAtATimeSorts) {
  std::vector<uint64_t> values = Drawn(1000, 1 << 12);
  const std::vector<uint64_t> sorted = RadixSort(system(), values, 12);
  std::sort(values.begin(), values.end());
  EXPECT_EQ(sorted, values);
  EndsWithoutLoss();
}

TEST_F(SavinaTest, AChainOfFiltersCountsPrimes) {
  EXPECT_EQ(Sieve(system(), 1000), 168u);
  EXPECT_EQ(Sieve(system(), 1), 0u);
  EndsWithoutLoss();
}

TEST_F(SavinaTest, PhilosophersEat) {
  EXPECT_EQ(Philosophers(system(), 5, 200), 1000u);
  EndsWithoutLoss();
}

TEST_F(SavinaTest, ABarberCutsAllWhoComeAgain) {
  EXPECT_EQ(SleepingBarber(system(), 12, 20), 240u);
  ASSERT_TRUE(system().Shutdown().ok());
  EXPECT_EQ(system().Stats().failures, 0u) << "who was turned away is a dead letter each time";
}

TEST_F(SavinaTest, ProducersWaitForRoom) {
  EXPECT_EQ(BoundedBuffer(system(), 6, 300), 6u * (300 * 299 / 2));
  EndsWithoutLoss();
}

TEST_F(SavinaTest, ChainsOfQuestionsKeepTheirOrder) {
  constexpr uint64_t kSeries = 6;
  constexpr uint64_t kTerms = 200;
  const std::vector<double> last = LogisticMap(system(), kSeries, kTerms);
  ASSERT_EQ(last.size(), kSeries);
  for (uint64_t i = 0; i < kSeries; ++i) {
    double term = LogisticStart(i);
    for (uint64_t k = 0; k < kTerms; ++k) {
      term = LogisticRate(i) * term * (1 - term);
    }
    EXPECT_EQ(last[static_cast<size_t>(i)], term) << "series " << i;
  }
  EndsWithoutLoss();
}

TEST_F(SavinaTest, AQuestionWithinAQuestionMovesMoney) {
  constexpr uint64_t kAccounts = 20;
  constexpr uint64_t kTransfers = 1000;
  std::vector<int64_t> expected(kAccounts);
  for (uint64_t i = 0; i < kTransfers; ++i) {
    const Transfer transfer = Transfer::Of(i, kAccounts);
    expected[static_cast<size_t>(transfer.from)] -= transfer.amount;
    expected[static_cast<size_t>(transfer.to)] += transfer.amount;
  }
  const std::vector<int64_t> balances = Bank(system(), kAccounts, kTransfers);
  EXPECT_EQ(balances, expected);
  EXPECT_EQ(std::accumulate(balances.begin(), balances.end(), int64_t{0}), 0);
  EndsWithoutLoss();
}

TEST_F(SavinaTest, ChildrenAnswerAndEnd) {
  constexpr uint64_t kChildren = 2000;
  uint64_t expected = 0;
  for (uint64_t i = 0; i < kChildren; ++i) expected += i * i;
  EXPECT_EQ(ForkJoin(system(), kChildren), expected);
  EndsWithoutLoss();
}

TEST_F(SavinaTest, ATreeSorts) {
  std::vector<uint64_t> values = Drawn(5000, 100'000);
  const std::vector<uint64_t> sorted = QuickSort(system(), values);
  std::sort(values.begin(), values.end());
  EXPECT_EQ(sorted, values);
  EndsWithoutLoss();
}

TEST_F(SavinaTest, RowsThatComeTooEarlyWaitForTheirPhase) {
  constexpr size_t kNodes = 20;
  Random random(kNodes);
  Matrix distances(kNodes, std::vector<uint64_t>(kNodes));
  for (size_t i = 0; i < kNodes; ++i) {
    for (size_t j = 0; j < kNodes; ++j) distances[i][j] = i == j ? 0 : 1 + random.Below(1000);
  }
  Matrix expected = distances;
  for (size_t k = 0; k < kNodes; ++k) {
    for (auto& row : expected) {
      for (size_t j = 0; j < kNodes; ++j) row[j] = std::min(row[j], row[k] + expected[k][j]);
    }
  }
  EXPECT_EQ(ShortestPaths(system(), distances), expected);
  EndsWithoutLoss();
}

}  // namespace
}  // namespace zokio::testing
