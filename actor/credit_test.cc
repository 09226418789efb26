// How much may be under way: credits; and what loops do by themselves: batches, lingering.
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "actor/credit_sender.h"
#include "actor/internal/batch_sizer.h"
#include "actor/internal/lingering.h"
#include "actor/testing.h"

namespace zokio {
namespace {

using internal::BatchSizer;
using internal::Lingering;
using testing::ManualSystem;

struct Job {
  int number;
  std::unique_ptr<int> payload;
};
struct Open {};

// Puts jobs aside until it is opened.
class Reader : public Actor<Reader, Job, Open> {
 public:
  explicit Reader(std::vector<int>& seen) : seen_(seen) {}
  void On(Job& job) {
    if (!open_) return Stash(job);
    seen_.push_back(job.number);
  }
  void On(Open) {
    open_ = true;
    UnstashAll();
  }

 private:
  std::vector<int>& seen_;
  bool open_ = false;
};

class Hallway : public Actor<Hallway, Job> {
 public:
  explicit Hallway(ActorRef<Reader> to) : to_(to) {}
  void On(Job& job) { Forward(to_, job); }

 private:
  ActorRef<Reader> to_;
};

// Cannot be copied now and then.
struct Fragile {
  explicit Fragile(bool breaks) : breaks_at_copy(breaks) {}
  Fragile(const Fragile& other) : breaks_at_copy(false) {
    if (other.breaks_at_copy) throw std::runtime_error("on purpose");
  }
  bool breaks_at_copy;
};

class Shelf : public Actor<Shelf, Fragile> {
 public:
  void On(const Fragile&) {}
};

Job Make(int number) { return Job{number, std::make_unique<int>(number)}; }

template <typename A>
Task<int> SendAll(CreditSender<A> sender, int count) {
  int sent = 0;
  for (int i = 0; i < count; ++i) {
    Job job = Make(i);
    Result<void> result = co_await sender.Send(std::move(job));
    if (result.ok()) ++sent;
  }
  co_return sent;
}

TEST(CreditTest, NoMoreIsUnderWayThanThereAreCredits) {
  ManualSystem system(2);
  std::vector<int> seen;
  auto reader = system->SpawnAt<Reader>(1, seen);
  CreditSender<Reader> sender(reader, 3);
  Job fourth = Make(3);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(sender.TrySend(Make(i)));
  EXPECT_FALSE(sender.TrySend(std::move(fourth)));
  EXPECT_NE(fourth.payload, nullptr) << "what is refused stays whole";
  system.Run();
  EXPECT_FALSE(sender.TrySend(std::move(fourth))) << "put aside is under way";
  reader.Tell(Open{});
  system.Run();
  EXPECT_TRUE(sender.TrySend(std::move(fourth)));
  system.Run();
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2, 3}));
}

TEST(CreditTest, ASendWaitsForACreditAndTheOrderHolds) {
  for (uint32_t loop : {0u, 1u}) {
    ManualSystem system(2);
    std::vector<int> seen;
    auto reader = system->SpawnAt<Reader>(loop, seen);
    reader.Tell(Open{});
    EXPECT_EQ(system.Await(SendAll(CreditSender<Reader>(reader, 2), 100)), 100);
    ASSERT_EQ(seen.size(), 100u);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(seen[static_cast<size_t>(i)], i);
  }
}

TEST(CreditTest, AForwardedMessageTakesItsCreditAlong) {
  ManualSystem system(2);
  std::vector<int> seen;
  auto reader = system->SpawnAt<Reader>(1, seen);
  CreditSender<Hallway> sender(system->SpawnAt<Hallway>(0, reader), 2);
  EXPECT_TRUE(sender.TrySend(Make(0)));
  EXPECT_TRUE(sender.TrySend(Make(1)));
  system.Run();
  EXPECT_FALSE(sender.TrySend(Make(2))) << "the reader has not handled them";
  reader.Tell(Open{});
  system.Run();
  EXPECT_TRUE(sender.TrySend(Make(2)));
  system.Run();
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2}));
}

TEST(CreditTest, TheDeadGiveCreditsBack) {
  ManualSystem system;
  std::vector<int> seen;
  auto reader = system->Spawn<Reader>(seen);
  CreditSender<Reader> sender(reader, 1);
  EXPECT_TRUE(sender.TrySend(Make(0)));
  system.Run();
  reader.Stop();
  system.Run();
  EXPECT_EQ(system.Await(SendAll(std::move(sender), 3)), 0);
  EXPECT_EQ(system->Stats().dead_letters, 4u);
}

TEST(CreditTest, MessagesOutliveTheirSender) {
  ManualSystem system;
  std::vector<int> seen;
  auto reader = system->Spawn<Reader>(seen);
  {
    CreditSender<Reader> sender(reader, 4);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(sender.TrySend(Make(i)));
  }
  reader.Tell(Open{});
  system.Run();
  EXPECT_EQ(seen.size(), 3u);
}

TEST(CreditTest, AMessageThatCannotBeMadeGivesItsCreditBack) {
  ManualSystem system(1);
  CreditSender<Shelf> sender(system->SpawnAt<Shelf>(0), 1);
  const Fragile breaks(true);
  const Fragile fine(false);
  EXPECT_THROW((void)sender.TrySend(breaks), std::runtime_error);
  EXPECT_TRUE(sender.TrySend(fine));
  system.Run();
  EXPECT_TRUE(sender.TrySend(fine));
  system.Run();
}

TEST(BatchSizerTest, SizesAreWhatFitsIntoTheTarget) {
  BatchOptions options;
  BatchSizer sizer(options);
  // Short messages: up to the most, step by step.
  uint32_t last = sizer.size();
  for (int i = 0; i < 40; ++i) {
    sizer.Observe(1000, 5'000);
    EXPECT_GE(sizer.size(), last);
    last = sizer.size();
  }
  EXPECT_EQ(last, 1024u);
  // Of 100 ns each, 100 fit into 10 µs: at once.
  sizer.Observe(1000, 100'000);
  EXPECT_EQ(sizer.size(), 100u);
  // However long they take, not below the least.
  sizer.Observe(3, 30'000'000);
  EXPECT_EQ(sizer.size(), 16u);
  // Nothing handled, no time: nothing learnt.
  sizer.Observe(0, 100);
  sizer.Observe(100, 0);
  EXPECT_EQ(sizer.size(), 16u);
}

TEST(BatchSizerTest, TheNextLookIsWhenTheTargetShouldHavePassed) {
  const BatchSizer sizer{BatchOptions()};  // 10 µs
  EXPECT_EQ(sizer.NextLook(16, 300), 64u) << "four times as many at most";
  EXPECT_EQ(sizer.NextLook(16, 8'000), 16u + 1 + 4) << "a quarter of that is left";
  EXPECT_EQ(sizer.NextLook(16, 0), 64u);
  EXPECT_EQ(sizer.NextLook(16, 10'000), 0u);
  EXPECT_EQ(sizer.NextLook(1, 9'999), 2u) << "it goes on";
  EXPECT_EQ(BatchSizer(BatchOptions(64, 64)).NextLook(16, 50'000), 64u) << "whatever it takes";
}

TEST(BatchSizerTest, NoOptionsMakeABatchOfNothing) {
  BatchOptions options;
  options.min = 0;
  BatchSizer sizer(options);
  sizer.Observe(1, 1'000'000'000);
  EXPECT_EQ(sizer.size(), 1u);
  options.min = 64;
  options.max = 8;
  EXPECT_EQ(BatchSizer(options).size(), 64u);
}

TEST(BatchSizerTest, EqualBoundsFixTheSize) {
  BatchSizer sizer(BatchOptions(64, 64));
  EXPECT_EQ(sizer.size(), 64u);
  sizer.Observe(1000, 1);
  EXPECT_EQ(sizer.size(), 64u);
  sizer.Observe(1, 1'000'000);
  EXPECT_EQ(sizer.size(), 64u);
}

TEST(LingeringTest, LooksLongerWhileItFindsSomethingAndThenGivesUp) {
  Lingering lingering;
  for (int i = 0; i < 10; ++i) {
    ASSERT_NE(lingering.looks(), 0u);
    lingering.Learn(true);
  }
  EXPECT_EQ(lingering.looks(), Lingering::kLooksMax);
  for (int i = 0; i < 10 && lingering.looks() != 0; ++i) lingering.Learn(false);
  // An idle loop looks for next to nothing.
  uint32_t looks = 0;
  for (uint32_t i = 0; i < 10 * Lingering::kRetryAfter; ++i) {
    const uint32_t now = lingering.looks();
    looks += now;
    if (now != 0) lingering.Learn(false);
  }
  EXPECT_LE(looks, 11 * Lingering::kLooksMin);
  EXPECT_GE(looks, 9 * Lingering::kLooksMin) << "it tries again";
}

}  // namespace
}  // namespace zokio
