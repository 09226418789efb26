// Where actors are put: the decisions on synthetic topologies, and systems that follow them.
#include "actor/placement.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "actor/internal/talk_sampler.h"
#include "actor/testing.h"

namespace zokio {
namespace {

using Loads = std::vector<LoopLoad>;
using testing::ManualSystem;

TEST(ChooseHomeTest, TheLeastLoadedInTurn) {
  const Loads equal = {{0, 100}, {0, 100}, {0, 100}};
  for (size_t turn = 0; turn < 6; ++turn)
    EXPECT_EQ(ChooseHome(equal, std::nullopt, turn), turn % 3);
  EXPECT_EQ(ChooseHome(Loads{{0, 900}, {0, 100}, {0, 800}}, std::nullopt, 0), 1u);
}

TEST(ChooseHomeTest, WhereTheDataIsUnlessThatIsMuchMoreLoaded) {
  // Two nodes of two loops each.
  const Loads some = {{0, 0}, {0, 0}, {1, 250}, {1, 200}};
  EXPECT_EQ(ChooseHome(some, 1u, 0), 3u);
  const Loads much = {{0, 0}, {0, 50}, {1, 900}, {1, 400}};
  EXPECT_EQ(ChooseHome(much, 1u, 0), 0u);
  EXPECT_EQ(ChooseHome(some, 7u, 1), 1u) << "no loop is there";
}

TEST(ShouldFollowTest, OneOfAPairMovesAndNotToTheOverloaded) {
  const Loads loads = {{0, 500}, {0, 600}, {0, 950}};
  for (uint64_t epoch : {0, 1, 2, 3}) {
    EXPECT_NE(ShouldFollow(loads, 0, 1, epoch), ShouldFollow(loads, 1, 0, epoch));
    EXPECT_FALSE(ShouldFollow(loads, 0, 2, epoch));
    EXPECT_FALSE(ShouldFollow(loads, 1, 1, epoch));
    EXPECT_FALSE(ShouldFollow(loads, 1, 3, epoch));
  }
}

TEST(ChooseReliefTest, TheLeastLoadedOfTheNodeFirst) {
  EXPECT_EQ(ChooseRelief(Loads{{0, 900}, {0, 400}, {1, 0}}, 0), std::optional<size_t>(1));
  EXPECT_EQ(ChooseRelief(Loads{{0, 900}, {0, 700}, {1, 0}}, 0), std::optional<size_t>(2));
  EXPECT_EQ(ChooseRelief(Loads{{0, 900}, {0, 700}}, 0), std::nullopt);
  EXPECT_EQ(ChooseRelief(Loads{{0, 900}}, 3), std::nullopt);
}

TEST(LoadForecastTest, SeesARiseBeforeItsAverageDoes) {
  LoadForecast forecast;
  EXPECT_EQ(forecast.next(), 0u);
  for (uint32_t load : {100u, 200u, 300u, 400u, 500u}) forecast.Observe(load);
  EXPECT_GT(forecast.next(), forecast.level());
  for (int i = 0; i < 50; ++i) forecast.Observe(300);
  EXPECT_NEAR(forecast.next(), 300, 5);
  for (uint32_t load = 300; load > 0; load -= 50) forecast.Observe(load);
  EXPECT_LT(forecast.next(), forecast.level());
  for (int i = 0; i < 20; ++i) forecast.Observe(1000);
  EXPECT_LE(forecast.next(), 1000u);
}

TEST(TalkSamplerTest, TheFrequentOnesStay) {
  internal::TalkSampler sampler;
  const ActorId often(reinterpret_cast<internal::ActorCell*>(0x10000), 1);
  for (uint32_t i = 0; i < 200; ++i) {
    sampler.Sample(often, 1);
    if (i % 3 == 0) sampler.Sample(ActorId(reinterpret_cast<internal::ActorCell*>(0x10000), 3), 0);
  }
  int met = 0;
  sampler.Take(50, [&](const internal::TalkSampler::Entry& entry) {
    ++met;
    EXPECT_EQ(entry.actor, often);
    EXPECT_EQ(entry.to, 1u);
  });
  EXPECT_EQ(met, 1);
}

struct Ball {};
struct Serve {};
struct Where {};

class Player : public Actor<Player, Ball, ActorRef<Player>, Serve, Where> {
 public:
  explicit Player(uint64_t& handled) : handled_(handled) {}
  void On(ActorRef<Player> peer) { peer_ = peer; }
  uintptr_t On(Where) { return reinterpret_cast<uintptr_t>(internal::ActorLoop::Current()); }
  void On(Serve) { left_ = 200, peer_.Tell(Ball{}); }
  void On(Ball) {
    ++handled_;
    if (left_ == 0) return;
    --left_;
    peer_.Tell(Ball{});
  }

 private:
  uint64_t& handled_;
  ActorRef<Player> peer_;
  int left_ = 1 << 30;  // who is never served always plays on
};

// Pairs that talk across loops come to live together, and each in one place.
TEST(FollowTest, WhoTalksComesTogether) {
  for (bool on : {false, true}) {
    ActorSystemOptions options;
    options.placement.follow_talk = on;
    ManualSystem system(2, std::move(options));
    uint64_t handled = 0;
    std::vector<std::pair<ActorRef<Player>, ActorRef<Player>>> players;
    for (int i = 0; i < 4; ++i) {
      auto a = system->SpawnAt<Player>(0, handled);
      auto b = system->SpawnAt<Player>(1, handled);
      a.Tell(b);
      b.Tell(a);
      players.emplace_back(a, b);
    }
    for (int period = 0; period < 200; ++period) {
      for (auto& [a, b] : players) a.Tell(Serve{});
      system.Advance(std::chrono::milliseconds(1));
    }
    int apart = 0;
    for (auto& [a, b] : players) {
      const uintptr_t one = system.Await(a.Ask(Where{})).value();
      if (one != system.Await(b.Ask(Where{})).value()) ++apart;
    }
    EXPECT_EQ(apart, on ? 0 : 4);
    EXPECT_EQ(system->Stats().moved != 0, on);
    EXPECT_EQ(system->Stats().dead_letters, 0u);
  }
}

TEST(SpawnPlacementTest, OnTheNodeOfItsData) {
  ActorSystemOptions options;
  options.placement.nodes = {0, 0, 1};
  ManualSystem system(3, std::move(options));
  uint64_t handled = 0;
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(system->SpawnWith<Player>(SpawnOptions().OnNode(1), handled).ok());
  }
  for (const ActorInfo& info : system.Await(system->Inspect())) EXPECT_EQ(info.loop, 2u);
}

}  // namespace
}  // namespace zokio
