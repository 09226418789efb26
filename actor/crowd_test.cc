// C10: many actors, each sent many messages of a size: all arrive whole, in the memory that is
// stated. A tenth of the numbers by default; ZOKIO_CROWD=full runs them as they are required:
//
//   ZOKIO_CROWD=full bazel run --config=opt //actor:crowd_test
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "actor/testing/tally.h"
#include "base/check.h"
#include "sched/scheduler.h"

namespace zokio::testing {
namespace {

constexpr uint64_t kRounds = 4;

uint64_t Divisor() {
  const char* value = std::getenv("ZOKIO_CROWD");
  return value != nullptr && std::string_view(value) == "full" ? 1 : 10;
}

// A line of /proc/self/status, in bytes.
uint64_t StatusBytes(const std::string& name) {
  FILE* file = std::fopen("/proc/self/status", "r");
  ZOKIO_CHECK(file != nullptr, "no /proc");
  char line[256];
  uint64_t kib = 0;
  while (std::fgets(line, sizeof(line), file) != nullptr) {
    if (std::string_view(line).substr(0, name.size()) != name) continue;
    kib = std::strtoull(line + name.size() + 1, nullptr, 10);
  }
  std::fclose(file);
  return kib * 1024;
}

// The peak from here on.
void ForgetPeak() {
  FILE* file = std::fopen("/proc/self/clear_refs", "w");
  if (file == nullptr) return;  // then the peak is that of all cases so far
  std::fputs("5", file);
  std::fclose(file);
}

template <size_t kBytes>
struct Load {
  uint64_t number = 0;
  std::array<uint8_t, kBytes - sizeof(uint64_t)> bytes{};
};
struct Go {};

template <size_t kBytes>
class Member : public Actor<Member<kBytes>, Load<kBytes>> {
 public:
  explicit Member(Tally& tally) : tally_(tally) {}
  void On(const Load<kBytes>& load) {
    const auto mark = static_cast<uint8_t>(load.number);
    const bool whole = load.bytes.front() == mark && load.bytes[load.bytes.size() / 2] == mark &&
                       load.bytes.back() == mark;
    // Rounds come in their order.
    if (whole && load.number % kRounds == received_) sum_ += load.number;
    if (++received_ < kRounds) return;
    tally_.Part(sum_);
  }

 private:
  Tally& tally_;
  uint64_t received_ = 0;
  uint64_t sum_ = 0;
};

// Sends to a share of the members, some hundred in a turn, so that they get theirs.
template <size_t kBytes>
class Feeder : public Actor<Feeder<kBytes>, Go> {
 public:
  using Members = std::vector<ActorRef<Member<kBytes>>>;
  Feeder(const Members& members, uint64_t first, uint64_t step)
      : members_(members), first_(first), step_(step), at_(first) {}
  void On(Go go) {
    for (int burst = 0; burst < 256; ++burst) {
      if (at_ >= members_.size()) {
        at_ = first_;
        if (++round_ == kRounds) return this->Stop();
      }
      Load<kBytes> load;
      load.number = at_ * kRounds + round_;
      load.bytes.fill(static_cast<uint8_t>(load.number));
      members_[static_cast<size_t>(at_)].Tell(load);
      at_ += step_;
    }
    this->self().Tell(go);
  }

 private:
  const Members& members_;
  const uint64_t first_;
  const uint64_t step_;
  uint64_t at_;
  uint64_t round_ = 0;
};

template <size_t kBytes>
void Crowd(uint64_t count, uint64_t bytes_per_actor_max) {
  const uint64_t actors = count / Divisor();
  SchedulerOptions options;
  options.workers = 2;
  auto scheduler = Scheduler::Create(std::move(options)).value();
  ActorSystem system(*scheduler);
  Tally tally(actors);
  typename Feeder<kBytes>::Members members(static_cast<size_t>(actors));
  ForgetPeak();
  const uint64_t before = StatusBytes("VmRSS");
  for (uint64_t i = 0; i < actors; ++i) {
    members[static_cast<size_t>(i)] = system.SpawnAt<Member<kBytes>>(i % 2, tally);
  }
  const uint64_t idle = StatusBytes("VmRSS") - before;
  // One feeder for each loop, but it feeds the members of the other one.
  for (uint32_t loop : {0u, 1u}) {
    system.SpawnAt<Feeder<kBytes>>(loop, members, uint64_t{1 - loop}, uint64_t{2}).Tell(Go{});
  }
  const uint64_t messages = actors * kRounds;
  EXPECT_EQ(tally.Wait(), messages * (messages - 1) / 2) << "a message was lost or changed";
  const uint64_t peak = StatusBytes("VmHWM") - before;
  ASSERT_TRUE(system.Shutdown().ok());
  EXPECT_EQ(system.Stats().dead_letters, 0u);
  EXPECT_LE(idle / actors, bytes_per_actor_max);
  constexpr double kMb = 1e6;
  std::printf("%llu actors, %llu messages of %zu bytes: %.1f MB idle, %.1f MB at the peak\n",
              static_cast<unsigned long long>(actors), static_cast<unsigned long long>(messages),
              kBytes, static_cast<double>(idle) / kMb, static_cast<double>(peak) / kMb);
}

TEST(CrowdTest, AMillionActorsAt64Bytes) { Crowd<64>(1'000'000, 300); }
TEST(CrowdTest, AHundredThousandActorsAt1KiB) { Crowd<1024>(100'000, 400); }
TEST(CrowdTest, TenThousandActorsAt10KiB) { Crowd<10 * 1024>(10'000, 1000); }

}  // namespace
}  // namespace zokio::testing
