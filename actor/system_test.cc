// What a system has beside its actors: names, events, routers, timers, an orderly end.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "actor/coordinated_shutdown.h"
#include "actor/ended.h"
#include "actor/router.h"
#include "actor/testing.h"
#include "future/sleep.h"

namespace zokio {
namespace {

using std::chrono::milliseconds;
using testing::ManualSystem;

struct Job {
  int number;
};
struct Slow {
  int delay_ms;
};
struct Tick {};

class Worker : public Actor<Worker, Job, Slow> {
 public:
  explicit Worker(std::vector<int>& seen, int offset = 0) : seen_(seen), offset_(offset) {}
  int On(Job job) {
    seen_.push_back(job.number + offset_);
    return job.number + offset_;
  }
  Task<int> On(Slow slow) {
    co_await SleepFor(milliseconds(slow.delay_ms + offset_));
    co_return offset_;
  }

 private:
  std::vector<int>& seen_;
  int offset_;
};

class Other : public Actor<Other, Job> {
 public:
  void On(Job) {}
};

TEST(RegistryTest, FindsTheLivingByNameAndType) {
  ManualSystem system(2);
  std::vector<int> seen;
  Registry& registry = system->registry();
  auto a = system->Spawn<Worker>(seen);
  auto b = system->Spawn<Worker>(seen);
  auto other = system->Spawn<Other>();
  EXPECT_TRUE(registry.Register("a", a).ok());
  EXPECT_TRUE(registry.Register("a", a).ok()) << "again, the same";
  EXPECT_EQ(registry.Register("a", b).error().code(), ErrorCode::kAlreadyExists);
  EXPECT_TRUE(registry.Register("b", b).ok());
  EXPECT_TRUE(registry.Register("c", other).ok());
  EXPECT_EQ(registry.Find<Worker>("a").value(), a);
  EXPECT_EQ(registry.Find<Worker>("c").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(registry.Find<Worker>("d").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(registry.FindAll<Worker>(), (std::vector<ActorRef<Worker>>{a, b}));
  ASSERT_EQ(registry.List().size(), 3u);
  EXPECT_NE(registry.List()[2].type.find("Other"), std::string_view::npos);
  EXPECT_TRUE(registry.Unregister("b"));
  EXPECT_FALSE(registry.Unregister("b"));

  a.Stop();
  system.Run();
  EXPECT_EQ(registry.Find<Worker>("a").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(registry.Register("a", a).error().code(), ErrorCode::kClosed);
  EXPECT_TRUE(registry.Register("a", b).ok()) << "the name is free again";
}

class Listener : public Actor<Listener, Job, DeadLetter> {
 public:
  explicit Listener(std::vector<std::string>& heard) : heard_(heard) {}
  void On(const Job& job) { heard_.push_back(std::to_string(job.number)); }
  void On(const DeadLetter& letter) {
    heard_.push_back("dead " + std::string(letter.message.substr(letter.message.rfind(':') + 1)));
  }

 private:
  std::vector<std::string>& heard_;
};

TEST(EventStreamTest, TellsWhoSubscribedAndLives) {
  ManualSystem system(2);
  std::vector<std::string> heard;
  EventStream& events = system->events();
  auto a = system->SpawnAt<Listener>(0, heard);
  auto b = system->SpawnAt<Listener>(1, heard);
  EXPECT_EQ(events.Publish(Job{0}), 0u);
  EXPECT_TRUE(events.Subscribe<Job>(a));
  EXPECT_FALSE(events.Subscribe<Job>(a));
  EXPECT_TRUE(events.Subscribe<Job>(b));
  EXPECT_EQ(events.Publish(Job{1}), 2u);
  EXPECT_EQ(events.Publish(Tick{}), 0u) << "nobody listens to that";
  system.Run();
  EXPECT_EQ(heard, (std::vector<std::string>{"1", "1"}));
  b.Stop();
  system.Run();
  EXPECT_EQ(events.Publish(Job{2}), 1u);
  EXPECT_TRUE(events.Unsubscribe<Job>(a));
  EXPECT_FALSE(events.Unsubscribe<Job>(a));
  EXPECT_EQ(events.Publish(Job{3}), 0u);
  system.Run();
  EXPECT_EQ(heard.size(), 3u);
  EXPECT_FALSE(events.Subscribe<Job>(b)) << "it has ended";
}

TEST(EventStreamTest, DeadLettersAreAStream) {
  ManualSystem system(2);
  std::vector<std::string> heard;
  std::vector<int> seen;
  auto listener = system->SpawnAt<Listener>(0, heard);
  system->events().Subscribe<DeadLetter>(listener);
  auto worker = system->SpawnAt<Worker>(1, seen);
  worker.Stop();
  system.Run();
  worker.Tell(Job{1});
  worker.Tell(Slow{1});
  system.Run();
  EXPECT_EQ(heard, (std::vector<std::string>{"dead Job", "dead Slow"}));
  // Who hears of dead letters ends while one is on its way: nobody is told of that.
  worker.Tell(Job{2});
  listener.Kill();
  system.Run();
  EXPECT_GE(system->Stats().dead_letters, 3u);
}

TEST(RouterTest, TakesTurnsGrowsAndShrinks) {
  ManualSystem system(2);
  std::vector<int> seen;
  Router<Worker> router(Routing::kRoundRobin);
  EXPECT_FALSE(router.Tell(Job{0}));
  int offset = 0;
  auto spawn = [&] { return system->SpawnAt<Worker>(0, seen, offset += 10); };
  router.Resize(3, spawn);
  for (int i = 0; i < 6; ++i) {
    EXPECT_TRUE(router.Tell(Job{0}));
    system.Run();
  }
  EXPECT_EQ(seen, (std::vector<int>{10, 20, 30, 10, 20, 30}));
  router.Resize(1, spawn);
  system.Run();
  seen.clear();
  router.TellAll(Job{1});
  router.Resize(2, spawn);
  router.TellAll(Job{2});
  system.Run();
  EXPECT_EQ(seen, (std::vector<int>{11, 12, 42}));
  router.Pick().Stop();
  system.Run();
  EXPECT_EQ(router.size(), 1u) << "who has ended is taken out";
}

TEST(RouterTest, KeysStayWhereTheyAre) {
  ManualSystem system;
  std::vector<int> seen;
  Router<Worker> router;
  router.Resize(8, [&] { return system->Spawn<Worker>(seen); });
  std::vector<ActorRef<Worker>> before;
  for (uint64_t key = 0; key < 1000; ++key) before.push_back(router.PickByKey(key));
  for (const auto& actor : router.actors()) {
    const auto count = std::count(before.begin(), before.end(), actor);
    EXPECT_GT(count, 80) << "an eighth is 125";
    EXPECT_LT(count, 180);
  }
  const ActorRef<Worker> gone = router.actors()[3];
  EXPECT_TRUE(router.Remove(gone));
  EXPECT_FALSE(router.Remove(gone));
  for (uint64_t key = 0; key < 1000; ++key) {
    const ActorRef<Worker>& was = before[key];
    if (was == gone) {
      EXPECT_NE(router.PickByKey(key), gone);
    } else {
      EXPECT_EQ(router.PickByKey(key), was);
    }
  }
}

TEST(RouterTest, TheSmallestMailboxAndTheDiceChoose) {
  ManualSystem system;
  std::vector<int> seen;
  Router<Worker> smallest(Routing::kSmallestMailbox);
  Router<Worker> random(Routing::kRandom, 7);
  for (int i = 0; i < 4; ++i) {
    auto worker = system->Spawn<Worker>(seen);
    for (int waiting = 0; i != 2 && waiting < 3; ++waiting) worker.Tell(Slow{1});
    smallest.Add(worker);
    random.Add(worker);
  }
  system.Run();  // a Slow is being handled, two wait
  for (int i = 0; i < 4; ++i) EXPECT_EQ(smallest.Pick(), smallest.actors()[2]);
  std::vector<int> drawn(4);
  for (int i = 0; i < 400; ++i) {
    const ActorRef<Worker> picked = random.Pick();
    const auto& actors = random.actors();
    ++drawn[static_cast<size_t>(std::find(actors.begin(), actors.end(), picked) - actors.begin())];
  }
  for (int count : drawn) EXPECT_GT(count, 60);
  for (int i = 0; i < 5; ++i) system.Advance(milliseconds(1));
}

class Asker : public Actor<Asker, Tick> {
 public:
  Asker(Router<Worker> router, std::vector<int>& answers)
      : router_(std::move(router)), answers_(answers) {}
  Task<void> On(Tick) {
    auto first = router_.AskFirst(Slow{10}, milliseconds(100));
    Result<int> answer = co_await std::move(first);
    answers_.push_back(answer.ok() ? *answer : -1);
    auto late = router_.AskFirst(Slow{1000}, milliseconds(100));
    Result<int> none = co_await std::move(late);
    answers_.push_back(none.ok() ? *none : -1);
  }

 private:
  Router<Worker> router_;
  std::vector<int>& answers_;
};

TEST(RouterTest, ScatterGatherTakesTheFirstAnswer) {
  ManualSystem system;
  std::vector<int> seen;
  std::vector<int> answers;
  Router<Worker> router;
  for (int offset : {7, 3, 9}) router.Add(system->Spawn<Worker>(seen, offset));
  system->Spawn<Asker>(router, answers).Tell(Tick{});
  system.Run();
  system.Advance(milliseconds(13));
  EXPECT_EQ(answers, (std::vector<int>{3}));
  system.Advance(milliseconds(100));
  EXPECT_EQ(answers, (std::vector<int>{3, -1}));
  system.Advance(milliseconds(2000));
}

class Patient : public Actor<Patient, Tick, Job> {
 public:
  explicit Patient(std::vector<int>& seen) : seen_(seen) {}
  void Started() {
    every_ = TellEvery(milliseconds(10), Tick{});
    after_ = TellAfter(milliseconds(25), Job{1});
    EXPECT_TRUE(every_.active());
  }
  void On(Tick) {
    seen_.push_back(0);
    if (seen_.size() == 2) {
      every_.Cancel();
      after_.Cancel();
      after_.Cancel();
      EXPECT_FALSE(after_.active());
      after_ = TellAfter(milliseconds(5), Job{2});
    }
  }
  void On(Job job) {
    seen_.push_back(job.number);
    EXPECT_FALSE(after_.active());
    after_.Cancel();
  }

 private:
  std::vector<int>& seen_;
  ActorTimer every_;
  ActorTimer after_;
};

TEST(ActorTimerTest, ACancelledTimerSendsNothing) {
  ManualSystem system;
  std::vector<int> seen;
  system->Spawn<Patient>(seen);
  system.Run();
  for (int i = 0; i < 20; ++i) system.Advance(milliseconds(5));
  EXPECT_EQ(seen, (std::vector<int>{0, 0, 2}));
}

TEST(EndedTest, IsReadyWhenTheActorHasEnded) {
  for (bool late : {false, true}) {
    ManualSystem system(2);
    std::vector<int> seen;
    auto worker = system->SpawnAt<Worker>(1, seen);
    worker.Tell(Job{1});
    worker.Poison();
    if (late) system.Run();
    system.Await(Ended(worker));
    EXPECT_EQ(seen, (std::vector<int>{1}));
    worker.Tell(Job{2});
    system.Run();
    EXPECT_EQ(system->Stats().dead_letters, 1u);
  }
}

Task<Result<void>> Step(std::vector<std::string>& log, std::string name, int delay_ms) {
  log.push_back(name + " begins");
  co_await SleepFor(milliseconds(delay_ms));
  log.push_back(name + " done");
  co_return Result<void>();
}
Task<Result<void>> BrokenStep() {
  throw std::runtime_error("on purpose");
  co_return Result<void>();
}

TEST(CoordinatedShutdownTest, PhasesComeOneAfterTheOtherWithinTheLimit) {
  ManualSystem system;
  std::vector<std::string> log;
  auto step = [&](std::string name, int delay_ms) -> CoordinatedShutdown::Work {
    return [&log, name, delay_ms] { return Step(log, name, delay_ms); };
  };
  CoordinatedShutdown shutdown({"accept", "drain", "close", "last"});
  shutdown.Add("drain", "orders", step("orders", 30));
  shutdown.Add("drain", "stuck", step("stuck", 5000), milliseconds(50));
  shutdown.Add("accept", "listener", step("listener", 10));
  shutdown.Add("accept", "broken", [] { return BrokenStep(); });
  shutdown.Add("close", "files", step("files", 100));
  shutdown.Add("last", "never", step("never", 1));

  ShutdownReport report;
  class Runner : public Actor<Runner, Tick> {
   public:
    Runner(CoordinatedShutdown& shutdown, ShutdownReport& report)
        : shutdown_(shutdown), report_(report) {}
    Task<void> On(Tick) {
      ShutdownReport done = co_await shutdown_.Run(milliseconds(100));
      report_ = std::move(done);
    }

   private:
    CoordinatedShutdown& shutdown_;
    ShutdownReport& report_;
  };
  system->Spawn<Runner>(shutdown, report).Tell(Tick{});
  system.Run();
  for (int i = 0; i < 30; ++i) system.Advance(milliseconds(5));
  EXPECT_EQ(log, (std::vector<std::string>{"listener begins", "listener done", "orders begins",
                                           "stuck begins", "orders done", "files begins"}));
  EXPECT_FALSE(report.ok());
  ASSERT_EQ(report.steps.size(), 6u);
  EXPECT_TRUE(report.steps[0].result.ok());
  EXPECT_EQ(report.steps[0].elapsed, milliseconds(10));
  EXPECT_EQ(report.steps[1].result.error().code(), ErrorCode::kUnknown);
  EXPECT_TRUE(report.steps[2].result.ok());
  EXPECT_EQ(report.steps[3].result.error().code(), ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(report.steps[3].elapsed, milliseconds(50));
  EXPECT_EQ(report.steps[4].result.error().code(), ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(report.steps[5].elapsed, Duration(0)) << "there was no time left for it";
  EXPECT_NE(report.ToString().find("drain: stuck: "), std::string::npos);
}

}  // namespace
}  // namespace zokio
