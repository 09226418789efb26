// Many threads at once: nothing is lost, nothing is handled twice, everything ends.
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "base/atomic.h"
#include "base/thread.h"
#include "future/oneshot.h"
#include "sched/scheduler.h"

namespace zokio {
namespace {

std::unique_ptr<Scheduler> MakeScheduler(int workers) {
  SchedulerOptions options;
  options.workers = workers;
  return Scheduler::Create(std::move(options)).value();
}

struct Add {
  uint64_t sender;
  uint64_t number;
};
struct Sum {};

// Checks that numbers of each sender rise by one.
class Adder : public Actor<Adder, Add, Sum> {
 public:
  static constexpr MailboxOptions kMailbox{64};  // so that senders are held back

  explicit Adder(size_t senders) : next_(senders) {}
  void On(const Add& add) {
    EXPECT_EQ(add.number, next_[add.sender]++);
    sum_ += add.number;
  }
  uint64_t On(Sum) { return sum_; }

 private:
  std::vector<uint64_t> next_;
  uint64_t sum_ = 0;
};

struct Go {};

class Producer : public Actor<Producer, Go> {
 public:
  Producer(ActorRef<Adder> to, uint64_t id, uint64_t count) : to_(to), id_(id), count_(count) {}
  void On(Go go) {
    for (int i = 0; i < 50 && sent_ < count_; ++i) to_.Tell(Add{id_, sent_++});
    if (sent_ < count_) return self().Tell(go);
    Stop();
  }

 private:
  ActorRef<Adder> to_;
  uint64_t id_;
  uint64_t count_;
  uint64_t sent_ = 0;
};

TEST(ActorStress, OrderAndNumberHoldFromLoopsAndThreads) {
  constexpr uint64_t kActors = 4;
  constexpr uint64_t kThreads = 2;
  constexpr uint64_t kEach = 3000;
  auto scheduler = MakeScheduler(3);
  ActorSystem system(*scheduler);
  auto adder = system.Spawn<Adder>(kActors + kThreads);
  for (uint64_t i = 0; i < kActors; ++i) system.Spawn<Producer>(adder, i, kEach).Tell(Go{});
  {
    std::vector<Thread> threads;
    for (uint64_t t = 0; t < kThreads; ++t) {
      threads.push_back(Thread::Start("sender", [&, t] {
                          for (uint64_t i = 0; i < kEach; ++i) adder.Tell(Add{kActors + t, i});
                        }).value());
    }
  }
  // The producers end by themselves; what they sent arrives.
  const uint64_t expected = (kActors + kThreads) * kEach * (kEach - 1) / 2;
  uint64_t sum = 0;
  while (sum != expected) {
    sum = scheduler->BlockOn([adder]() -> Task<uint64_t> {
      Result<uint64_t> answer = co_await adder.Ask(Sum{});
      co_return answer.value();
    });
  }
  EXPECT_TRUE(system.Shutdown().ok());
  EXPECT_EQ(system.Stats().dead_letters, 0u);
}

struct Ping {
  int left;
};

// A ring of actors over all loops; tokens go round and are counted out.
class Link : public Actor<Link, Ping, ActorRef<Link>> {
 public:
  explicit Link(Atomic<int>& done) : done_(done) {}
  bool On(ActorRef<Link> next) {
    next_ = next;
    return true;
  }
  void On(Ping ping) {
    if (ping.left == 0) {
      done_.fetch_add(1, memory_order_release);
      done_.notify_all();
    } else {
      next_.Tell(Ping{ping.left - 1});
    }
  }

 private:
  Atomic<int>& done_;
  ActorRef<Link> next_;
};

TEST(ActorStress, TokensGoRoundBetweenSleepingLoops) {
  Atomic<int> done{0};
  auto scheduler = MakeScheduler(3);
  ActorSystem system(*scheduler);
  std::vector<ActorRef<Link>> links;
  for (uint32_t i = 0; i < 9; ++i) links.push_back(system.SpawnAt<Link>(i % 3, done));
  // Asked: order holds between two, not along other ways.
  bool linked = scheduler->BlockOn([links]() -> Task<bool> {
    bool all = true;
    for (size_t i = 0; i < links.size(); ++i) {
      Result<bool> answer = co_await links[i].Ask(links[(i + 1) % links.size()]);
      all = all && answer.ok();
    }
    co_return all;
  });
  ASSERT_TRUE(linked);
  for (int round = 1; round <= 3; ++round) {
    for (int token = 0; token < round; ++token) links[0].Tell(Ping{1000});
    const int expected = round * (round + 1) / 2;
    for (int seen = done.load(); seen < expected; seen = done.load()) done.wait(seen);
  }
  EXPECT_TRUE(system.Shutdown().ok());
}

struct Begin {
  int depth;
};

// A tree over all loops whose leaves answer by ending.
class Branch : public Actor<Branch, Begin, Terminated> {
 public:
  explicit Branch(Atomic<int>& ended) : ended_(ended) {}
  void Stopping() {
    ended_.fetch_add(1, memory_order_release);
    ended_.notify_all();
  }
  void On(Begin begin) {
    if (begin.depth == 0) return Stop();
    for (int i = 0; i < 3; ++i) {
      auto child = i == 0 ? Spawn<Branch>(ended_) : SpawnSpread<Branch>(ended_);
      Watch(child);
      ++children_;
      child.Tell(Begin{begin.depth - 1});
    }
  }
  void On(Terminated) {
    if (--children_ == 0) Stop();
  }

 private:
  Atomic<int>& ended_;
  int children_ = 0;
};

TEST(ActorStress, TreesGrowAndEndOverAllLoops) {
  Atomic<int> ended{0};
  {
    auto scheduler = MakeScheduler(3);
    ActorSystem system(*scheduler);
    constexpr int kNodes = (3 * 3 * 3 * 3 * 3 - 1) / 2;
    for (int i = 0; i < 6; ++i) system.Spawn<Branch>(ended).Tell(Begin{4});
    for (int seen = ended.load(); seen < 6 * kNodes; seen = ended.load()) ended.wait(seen);
    // Others are cut off while they grow.
    for (int i = 0; i < 6; ++i) system.Spawn<Branch>(ended).Tell(Begin{4});
    system.Spawn<Branch>(ended).Kill();
    auto cut = system.Spawn<Branch>(ended);
    cut.Tell(Begin{4});
    cut.Kill();
  }
  EXPECT_GE(ended.load(), 6 * 121 + 8);
}

// Messages that come too late look at cells that a spawn on another thread is moving into.
TEST(ActorStress, LateMessagesMeetCellsInUseAgain) {
  Atomic<int> ended{0};
  {
    auto scheduler = MakeScheduler(2);
    ActorSystem system(*scheduler);
    std::vector<Thread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.push_back(*Thread::Start("spawner", [&] {
        ActorRef<Branch> late = system.SpawnAt<Branch>(0, ended);
        for (int round = 0; round < 300; ++round) {
          late.Stop();
          ActorRef<Branch> next = system.SpawnAt<Branch>(0, ended);
          late.Tell(Begin{0});
          late = next;
        }
      }));
    }
    for (Thread& thread : threads) thread.Join();
  }
  EXPECT_EQ(ended.load(), 3 * 301);
}

struct Serve {
  explicit Serve(OneshotReceiver<int> from) : receiver(std::move(from)) {}
  OneshotReceiver<int> receiver;
};

class Server : public Actor<Server, Serve> {
 public:
  explicit Server(Atomic<int>& served) : served_(served) {}
  Task<int> On(Serve& message) {
    Result<int> value = co_await message.receiver;
    served_.fetch_add(1, memory_order_relaxed);
    co_return value.ok() ? *value : -1;
  }

 private:
  Atomic<int>& served_;
};

// Wakes from other threads come at any time: while the handler is polled, withdrawn, or gone.
TEST(ActorStress, WakesRaceWithKillsAndTheEnd) {
  Atomic<int> served{0};
  for (int round = 0; round < 100; ++round) {
    auto scheduler = MakeScheduler(2);
    std::vector<Thread> threads;
    {
      ActorSystem system(*scheduler);
      for (int i = 0; i < 4; ++i) {
        auto server = system.Spawn<Server>(served);
        auto [sender, receiver] = MakeOneshot<int>();
        server.Tell(Serve(std::move(receiver)));
        auto shared = std::make_shared<OneshotSender<int>>(std::move(sender));
        threads.push_back(Thread::Start("waker", [shared] { std::move(*shared).Send(1); }).value());
        if (i % 2 == 1) server.Kill();
      }
      if (round % 2 == 0) threads.clear();
    }
  }
  EXPECT_LE(served.load(), 400);
}

// Also before a loop was polled for the first time.
TEST(ActorStress, TheSchedulerMayEndFirst) {
  Atomic<int> served{0};
  for (int round = 0; round < 30; ++round) {
    auto scheduler = MakeScheduler(2);
    ActorSystem system(*scheduler);
    std::vector<OneshotSender<int>> senders;
    for (int i = 0; i < 10; ++i) {
      auto [sender, receiver] = MakeOneshot<int>();
      senders.push_back(std::move(sender));
      system.Spawn<Server>(served).Tell(Serve(std::move(receiver)));
    }
    ASSERT_TRUE(scheduler->Shutdown().ok());
    for (auto& sender : senders) (void)std::move(sender).Send(1);
    EXPECT_TRUE(system.Shutdown().ok());
  }
  EXPECT_EQ(served.load(), 0);
}

// Counts its objects; some end themselves before they are complete, some have a child.
class Mayfly : public Actor<Mayfly, Go> {
 public:
  Mayfly(Atomic<int64_t>& living, int depth) : living_(living) {
    living_.fetch_add(1);
    if (depth % 2 == 1) Spawn<Mayfly>(living, depth - 1);
    if (depth >= 2) Stop();
  }
  ~Mayfly() { living_.fetch_sub(1); }
  void On(Go) {}

 private:
  Atomic<int64_t>& living_;
};

// Threads spawn and end the system at once: what was made is destroyed, by whoever comes last.
TEST(ActorStress, SpawnsRaceWithTheEndWhichSeveralWant) {
  Atomic<int64_t> living{0};
  auto scheduler = MakeScheduler(2);
  for (int round = 0; round < 60; ++round) {
    ActorSystem system(*scheduler);
    std::vector<Thread> threads;
    for (int t = 0; t < 2; ++t) {
      threads.push_back(*Thread::Start("spawner", [&, t] {
        ActorRef<Mayfly> mayfly;
        do {
          for (int depth = 0; depth < 4; ++depth) {
            mayfly = system.SpawnAt<Mayfly>(static_cast<uint32_t>(depth % 2), living, depth);
          }
          mayfly = system.Spawn<Mayfly>(living, 0);
          mayfly.Tell(Go{});
        } while (internal::IsAlive(mayfly.id()));
        if (t == 0) {
          EXPECT_TRUE(system.Shutdown().ok());
        }
      }));
    }
    for (int i = 0; i < round; ++i) system.Spawn<Mayfly>(living, 1);
    EXPECT_TRUE(system.Shutdown().ok());
    threads.clear();
    EXPECT_EQ(living.load(), 0);
  }
}

// Counts the events that exist: a shared one dies once, with its last reader.
struct Event {
  explicit Event(Atomic<int64_t>& count) : living(&count) { living->fetch_add(1); }
  Event(Event&& other) noexcept : living(std::exchange(other.living, nullptr)) {}
  Event& operator=(Event&&) = delete;
  ~Event() {
    if (living != nullptr) living->fetch_sub(1);
  }
  Atomic<int64_t>* living;
};

class Hearer : public Actor<Hearer, Event> {
 public:
  explicit Hearer(Atomic<uint64_t>& heard) : heard_(heard) {}
  void On(const Event& event) {
    EXPECT_GT(event.living->load(), 0);
    heard_.fetch_add(1, memory_order_relaxed);
  }

 private:
  Atomic<uint64_t>& heard_;
};

TEST(ActorStress, EachEventReachesEachSubscriberOrIsADeadLetter) {
  constexpr int kThreads = 2;
  constexpr int kEvents = 1500;
  constexpr int kHearers = 60;
  Atomic<int64_t> living{0};
  Atomic<uint64_t> heard{0};
  Atomic<uint64_t> told{0};
  auto scheduler = MakeScheduler(2);
  ActorSystem system(*scheduler);
  {
    std::vector<Thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.push_back(Thread::Start("publisher", [&] {
                          for (int i = 0; i < kEvents; ++i) {
                            told.fetch_add(system.events().Publish(Event(living)));
                          }
                        }).value());
    }
    std::vector<ActorRef<Hearer>> hearers;
    for (int i = 0; i < kHearers; ++i) {
      hearers.push_back(system.Spawn<Hearer>(heard));
      EXPECT_TRUE(system.events().Subscribe<Event>(hearers.back()));
      const std::string name = "hearer " + std::to_string(i % 7);
      (void)system.registry().Register(name, hearers.back());  // free, or of one that may live
      (void)system.registry().Find<Hearer>(name);
      if (i % 3 == 2) hearers[static_cast<size_t>(i) - 1].Stop();
      if (i % 3 == 1) system.events().Unsubscribe<Event>(hearers[static_cast<size_t>(i) - 1]);
    }
  }
  ASSERT_TRUE(system.Shutdown().ok());
  EXPECT_EQ(heard.load() + system.Stats().dead_letters, told.load());
  EXPECT_EQ(living.load(), 0);
}

struct Hop {
  uint64_t seed;
  int left;
};
struct Look {};

// Tells two others at random, itself among them, and asks some of those after it: all are full most
// of the time, hold each other back, wait for answers and move about.
class Crowded : public Actor<Crowded, Hop, Look, std::vector<ActorRef<Crowded>>> {
 public:
  static constexpr MailboxOptions kMailbox{4};

  Crowded(size_t place, Atomic<uint64_t>& handled) : place_(place), handled_(handled) {}
  bool On(const std::vector<ActorRef<Crowded>>& all) {
    all_ = all;
    return true;
  }
  uint64_t On(Look) { return ++looks_; }
  Task<void> On(Hop& hop) {
    const uint64_t random = hop.seed * 0x9E3779B97F4A7C15u >> 16;
    if (hop.left > 0) {
      all_[random % all_.size()].Tell(Hop{random, hop.left - 1});
      all_[random / 64 % all_.size()].Tell(Hop{random + 1, hop.left - 1});
    }
    if (random / 4096 % 4 == 0 && place_ + 1 < all_.size()) {
      auto ask = all_[place_ + 1 + random / 65536 % (all_.size() - place_ - 1)].Ask(Look{});
      const Result<uint64_t> answer = co_await std::move(ask);
      EXPECT_TRUE(answer.ok());
    }
    handled_.fetch_add(1, memory_order_relaxed);
  }

 private:
  const size_t place_;
  Atomic<uint64_t>& handled_;
  std::vector<ActorRef<Crowded>> all_;
  uint64_t looks_ = 0;
};

TEST(ActorStress, WhoAreFullAndHoldEachOtherBackGoOn) {
  constexpr uint64_t kHops = 10;
  for (uint64_t round = 0; round < 8; ++round) {
    auto scheduler = MakeScheduler(3);
    ActorSystemOptions options;
    options.placement.balance = round % 2 == 1;
    options.placement.follow_talk = round % 2 == 1;
    ActorSystem system(*scheduler, options);
    Atomic<uint64_t> handled{0};
    std::vector<ActorRef<Crowded>> all;
    for (size_t i = 0; i < 12; ++i) all.push_back(system.Spawn<Crowded>(i, handled));
    for (const auto& one : all) one.Tell(all);
    all[0].Tell(Hop{round, kHops});
    // Looked at by one of them, so that this thread does not spin.
    while (handled.load(memory_order_relaxed) != (2u << kHops) - 1) {
      scheduler->BlockOn([&]() -> Task<void> {
        auto ask = all.back().Ask(Look{});
        (void)co_await std::move(ask);
      });
    }
    EXPECT_TRUE(system.Shutdown().ok());
    EXPECT_EQ(system.Stats().dead_letters, 0u);
  }
}

}  // namespace
}  // namespace zokio
