// Where failures, throwing messages, timers and questions meet.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "actor/router.h"
#include "actor/testing.h"
#include "future/oneshot.h"
#include "mem/frame_pool.h"

namespace zokio {
namespace {

using std::chrono::milliseconds;
using testing::ManualSystem;

using Log = std::vector<std::string>;

struct Note {
  int value;
};
struct Fail {};
struct Go {};
struct Hold {
  explicit Hold(OneshotReceiver<int> from) : receiver(std::move(from)) {}
  OneshotReceiver<int> receiver;
};

class Plain : public Actor<Plain, Note> {
 public:
  void On(const Note&) {}
};

// Two handlers of it fail one after the other, before its parent has decided.
class Twice : public Actor<Twice, Hold> {
 public:
  static constexpr bool kReentrant = true;
  explicit Twice(Log& log) { log.push_back("made"); }
  Task<void> On(Hold& hold) {
    (void)co_await hold.receiver;
    throw std::runtime_error("on purpose");
  }
};

class Patient : public Actor<Patient> {
 public:
  static constexpr Supervision kChildren =
      Supervision().Backoff(milliseconds(100), milliseconds(1000));
  Patient(Log& log, ActorRef<Twice>* child) { *child = Spawn<Twice>(std::ref(log)); }
};

TEST(FailureTest, WhoHasFailedAlreadyIsNotMadeAnewTwice) {
  ManualSystem system;
  Log log;
  ActorRef<Twice> twice;
  system->Spawn<Patient>(log, &twice);
  auto [first, one] = MakeOneshot<int>();
  auto [second, other] = MakeOneshot<int>();
  twice.Tell(Hold(std::move(one)));
  twice.Tell(Hold(std::move(other)));
  system.Run();
  std::move(first).Send(1);
  std::move(second).Send(1);
  system.Run();
  for (int i = 0; i < 20; ++i) system.Advance(milliseconds(50));
  EXPECT_EQ(log, (Log{"made", "made"}));
  EXPECT_EQ(system->Stats().failures, 2u);
}

// Watches from its first hook on, and is made anew.
class Renewed : public Actor<Renewed, Fail, Terminated> {
 public:
  Renewed(ActorRef<Plain> other, Log& log) : other_(other), log_(log) {}
  void Started() { Watch(other_); }
  void On(Fail) { throw std::runtime_error("on purpose"); }
  void On(Terminated) { log_.push_back("ended"); }

 private:
  ActorRef<Plain> other_;
  Log& log_;
};

TEST(FailureTest, WhoIsMadeAnewHearsOnceOfAnEnd) {
  ActorSystemOptions options;
  options.supervision = Supervision();
  ManualSystem system(2, options);
  Log log;
  auto other = system->SpawnAt<Plain>(0);
  auto renewed = system->SpawnAt<Renewed>(1, other, std::ref(log));
  for (int i = 0; i < 3; ++i) renewed.Tell(Fail{});
  system.Run();
  other.Stop();
  system.Run();
  EXPECT_EQ(log, (Log{"ended"}));
}

class Faulty : public Actor<Faulty, Go> {
 public:
  void Started() { throw std::runtime_error("on purpose"); }
  void On(Go) {}
};

// Its child fails when it is not there to judge.
class Absent : public Actor<Absent, Go> {
 public:
  explicit Absent(int& asked) : asked_(asked) {
    Spawn<Faulty>();
    throw std::runtime_error("on purpose");
  }
  void On(Go) {}
  Directive OnFailure(ActorId, const Failure&) {
    ++asked_;
    return Directive::kStop;
  }

 private:
  int& asked_;
};

class Creator : public Actor<Creator, Go> {
 public:
  explicit Creator(int& asked) : asked_(asked) {}
  void On(Go) { EXPECT_THROW(Spawn<Absent>(asked_), std::runtime_error); }

 private:
  int& asked_;
};

TEST(FailureTest, WhoWasNeverMadeIsNotAskedAboutItsChildren) {
  ManualSystem system;
  int asked = 0;
  auto creator = system->Spawn<Creator>(asked);
  creator.Tell(Go{});
  system.Run();
  EXPECT_EQ(asked, 0);
  EXPECT_EQ(system->Stats().failures, 1u) << "the child's";
}

// Of copies, every one throws.
struct Fragile {
  Fragile() = default;
  Fragile(const Fragile&) { throw std::runtime_error("on purpose"); }
  Fragile& operator=(const Fragile&) = default;
  char bytes[200] = {};
};

class Receiver : public Actor<Receiver, Fragile, Go> {
 public:
  void On(const Fragile&) {}
  Task<void> On(Go) { throw std::runtime_error("no coroutine"); }
};

// False under sanitizers, which have each block from malloc, and find leaks by themselves.
bool BlocksAreUsedAgain() {
  FramePool::Free(FramePool::Allocate(64), 64);
  const uint64_t before = FramePool::ThreadStats().reused;
  FramePool::Free(FramePool::Allocate(64), 64);
  return FramePool::ThreadStats().reused != before;
}

// Blocks that were taken and did not come back.
uint64_t FreshBlocks(const std::function<void()>& body) {
  for (int i = 0; i < 1000; ++i) body();  // what is needed at once
  const FramePoolStats before = FramePool::ThreadStats();
  for (int i = 0; i < 2000; ++i) body();
  const FramePoolStats after = FramePool::ThreadStats();
  return (after.allocations - before.allocations) - (after.reused - before.reused);
}

TEST(ThrowingMessageTest, LosesNoBlock) {
  ActorSystemOptions options;
  options.supervision = Supervision().With(Directive::kResume);
  ManualSystem system(1, options);
  auto receiver = system->Spawn<Receiver>();
  const Fragile fragile;
  auto tell = [&] { EXPECT_THROW(receiver.Tell(fragile), std::runtime_error); };
  auto handle = [&] {
    receiver.Tell(Go{});
    system.Run();
  };
  const uint64_t tell_fresh = FreshBlocks(tell);
  const uint64_t handle_fresh = FreshBlocks(handle);
  if (!BlocksAreUsedAgain()) return;
  EXPECT_EQ(tell_fresh, 0u);
  EXPECT_EQ(handle_fresh, 0u);
}

class Picky : public Actor<Picky, Go> {
 public:
  explicit Picky(const Fragile&) {}
  void On(Go) {}
};

TEST(ThrowingMessageTest, AnArgumentThatCannotBeKeptLeavesNoActorBehind) {
  ActorSystemOptions options;
  options.supervision = Supervision();
  ManualSystem system(1, options);
  const Fragile fragile;
  internal::ActorCell* cell = nullptr;
  for (int i = 0; i < 3; ++i) {
    EXPECT_THROW(system->Spawn<Picky>(fragile), std::runtime_error);
    system.Run();
    auto next = system->Spawn<Plain>();
    if (cell == nullptr) cell = next.id().cell();
    EXPECT_EQ(next.id().cell(), cell) << "the same place is free again";
    next.Stop();
    system.Run();
  }
}

// A task of it withdraws its timer, and forgets it, when it is withdrawn itself.
class Tidy : public Actor<Tidy, Go> {
 public:
  explicit Tidy(Log& log) : log_(log) {}
  ~Tidy() { log_.push_back("gone"); }
  void On(Go) {
    Run(Forever(nullptr));
    timer_ = TellAfter(std::chrono::hours(1), Go{});
    Run(Forever(this));
  }

 private:
  struct Guard {
    explicit Guard(Tidy* tidy) : owner(tidy) {}
    ~Guard() {
      if (owner == nullptr) return;
      owner->timer_.Cancel();
      owner->timer_ = ActorTimer();
    }
    Tidy* owner;
  };
  static Task<void> Forever(Tidy* tidy) {
    const Guard guard(tidy);
    co_await SleepFor(std::chrono::hours(1));
  }

  Log& log_;
  ActorTimer timer_;
};

TEST(TimerTest, AWithdrawalMayWithdrawAnother) {
  ManualSystem system;
  Log log;
  auto tidy = system->Spawn<Tidy>(log);
  tidy.Tell(Go{});
  system.Run();
  tidy.Stop();
  system.Run();
  EXPECT_EQ(log, (Log{"gone"}));
}

class Hasty : public Actor<Hasty, Go> {
 public:
  void On(Go) { TellEvery(Duration(0), Go{}); }
};

TEST(TimerTest, APeriodIsPositive) {
  EXPECT_DEATH(
      {
        ManualSystem system;
        system->Spawn<Hasty>().Tell(Go{});
        system.Run();
      },
      "a period is positive");
}

class Answerer : public Actor<Answerer, Hold, Go> {
 public:
  Task<int> On(Hold& hold) {
    Result<int> answer = co_await hold.receiver;
    co_return answer.ok() ? *answer : -1;
  }
  Result<int> On(Go) { return 7; }
};

class Gatherer : public Actor<Gatherer, Go> {
 public:
  Gatherer(Router<Answerer> router, Log& log) : router_(std::move(router)), log_(log) {}
  Task<void> On(Go) {
    auto first = router_.AskFirst(Go{}, milliseconds(100));
    Result<int> answer = co_await std::move(first);
    log_.push_back(answer.ok() ? std::to_string(*answer)
                               : std::to_string(static_cast<int>(answer.error().code())));
  }

 private:
  Router<Answerer> router_;
  Log& log_;
};

TEST(RouterTest, ATargetThatDiesDoesNotSpoilTheAnswerOfTheOthers) {
  for (bool all : {false, true}) {
    ManualSystem system(2);
    Log log;
    std::vector<ActorRef<Answerer>> answerers;
    std::vector<OneshotSender<int>> senders;
    Router<Answerer> router;
    for (uint32_t i = 0; i < 2; ++i) {
      answerers.push_back(system->SpawnAt<Answerer>(i));
      auto [sender, receiver] = MakeOneshot<int>();
      senders.push_back(std::move(sender));
      answerers[i].Tell(Hold(std::move(receiver)));
      router.Add(answerers[i]);
    }
    system.Run();
    system->Spawn<Gatherer>(router, log).Tell(Go{});
    system.Run();  // each has the question waiting
    answerers[1].Kill();
    if (all) answerers[0].Kill();
    system.Run();
    EXPECT_EQ(log.size(), all ? 1u : 0u);
    std::move(senders[0]).Send(1);
    system.Run();
    EXPECT_EQ(log, (Log{all ? std::to_string(static_cast<int>(ErrorCode::kClosed)) : "7"}));
  }
}

}  // namespace
}  // namespace zokio
