// Classic faults of lock-free code, planted: each is found in every mode, each correct twin passes.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "base/atomic.h"
#include "base/check.h"
#include "base/model_var.h"
#include "base/mutex.h"
#include "base/parker.h"
#include "base/thread.h"
#include "tools/model/model.h"

namespace zokio::model {
namespace {

constexpr auto kRelaxed = memory_order_relaxed;
constexpr auto kAcquire = memory_order_acquire;
constexpr auto kRelease = memory_order_release;
constexpr auto kAcqRel = memory_order_acq_rel;
constexpr auto kSeqCst = memory_order_seq_cst;

Thread Go(const char* name, std::function<void()> body) {
  return Thread::Start(name, std::move(body)).value();
}

struct Planted {
  const char* name;
  Verdict verdict;
  std::function<void()> broken;
  std::function<void()> correct;
};

// A flag publishes plain data.
void Publish(memory_order store, memory_order load) {
  Atomic<int> flag{0};
  ModelVar<int> data;
  Name(flag, "flag");
  Thread writer = Go("writer", [&] {
    data.Write(42);
    flag.store(1, store);
  });
  if (flag.load(load) == 1) ZOKIO_CHECK(data.Read() == 42, "published");
}

// A consumer announces its sleep, looks again, sleeps; the producer publishes, looks for sleepers.
void Sleep(bool look_again) {
  Atomic<int> work{0};
  Atomic<int> sleeping{0};
  Parker parker;
  Thread producer = Go("producer", [&] {
    work.store(1, kSeqCst);
    if (sleeping.load(kSeqCst) == 1) parker.Unpark();
  });
  if (work.load(kSeqCst) == 1) return;
  sleeping.store(1, kSeqCst);
  if (look_again && work.load(kSeqCst) == 1) return;
  parker.Park();
}

// Two wakers; the task must enter the queue once.
void WakeTwice(bool atomically) {
  Atomic<int> notified{0};
  Atomic<int> queued{0};
  auto wake = [&] {
    bool first;
    if (atomically) {
      first = notified.exchange(1, kAcqRel) == 0;
    } else {
      first = notified.load(kAcquire) == 0;
      if (first) notified.store(1, kRelease);
    }
    if (first) queued.fetch_add(1, kRelaxed);
  };
  {
    Thread other = Go("waker", wake);
    wake();
  }
  ZOKIO_CHECK(queued.load(kRelaxed) == 1, "queued exactly once");
}

// A stack of two nodes by index; the head carries a tag, or not.
struct TreiberStack {
  explicit TreiberStack(bool tagged) : tag(tagged ? 16 : 0) {
    next[0].store(1, kRelaxed);
    next[1].store(kNil, kRelaxed);
  }
  static constexpr int kNil = 7;

  int Pop() {
    int old = head.load(kAcquire);
    while ((old & 15) != kNil) {
      const int after = next[old & 15].load(kRelaxed);
      if (head.compare_exchange_strong(old, after | ((old & ~15) + tag), kAcqRel, kAcquire)) {
        return old & 15;
      }
    }
    return kNil;
  }
  void Push(int node) {
    int old = head.load(kRelaxed);
    do {
      next[node].store(old & 15, kRelaxed);
    } while (!head.compare_exchange_strong(old, node | ((old & ~15) + tag), kRelease, kRelaxed));
  }

  const int tag;
  Atomic<int> head{0};
  Atomic<int> next[2];
};

void TreiberAba(bool tagged) {
  TreiberStack stack(tagged);
  int mine;
  int held;
  {
    Thread other = Go("other", [&] {
      const int first = stack.Pop();
      held = stack.Pop();
      if (first != TreiberStack::kNil) stack.Push(first);
    });
    mine = stack.Pop();
  }
  int owners[2] = {};
  for (int node : {mine, held, stack.Pop(), stack.Pop()}) {
    if (node != TreiberStack::kNil) ++owners[node];
  }
  ZOKIO_CHECK(owners[0] == 1 && owners[1] == 1, "each node has one owner");
}

// Chase and Lev's deque of one element: owner and thief may want the same one.
void LastElement(bool by_compare_exchange) {
  Atomic<int> top{0};
  Atomic<int> bottom{1};
  Atomic<int> taken{0};
  {
    Thread thief = Go("thief", [&] {
      int t = top.load(kSeqCst);
      if (t >= bottom.load(kSeqCst)) return;
      if (top.compare_exchange_strong(t, t + 1, kSeqCst)) taken.fetch_add(1, kRelaxed);
    });
    const int b = bottom.load(kRelaxed) - 1;
    bottom.store(b, kSeqCst);
    int t = top.load(kSeqCst);
    if (t == b) {
      if (!by_compare_exchange || top.compare_exchange_strong(t, t + 1, kSeqCst)) {
        taken.fetch_add(1, kRelaxed);
      }
    }
    bottom.store(b + 1, kSeqCst);
  }
  ZOKIO_CHECK(taken.load(kRelaxed) == 1, "the last element is taken once");
}

// An object shared by two owners.
struct Counted {
  Atomic<int> references{2};
  Atomic<int> value{0};
};

void Reference(bool use_before_drop, memory_order drop) {
  auto* shared = new Counted;
  auto use_and_drop = [=] {
    if (use_before_drop) shared->value.load(kRelaxed);
    const bool last = shared->references.fetch_sub(1, drop) == 1;
    if (last) {
      delete shared;
    } else if (!use_before_drop) {
      shared->value.load(kRelaxed);
    }
  };
  Thread other = Go("other", use_and_drop);
  use_and_drop();
}

void SeqLock(memory_order data_load) {
  Atomic<int> sequence{0};
  Atomic<int> a{0};
  Atomic<int> b{0};
  Thread writer = Go("writer", [&] {
    sequence.store(1, kRelaxed);
    a.store(1, kRelease);
    b.store(1, kRelease);
    sequence.store(2, kRelease);
  });
  const int before = sequence.load(kAcquire);
  const int seen_a = a.load(data_load);
  const int seen_b = b.load(data_load);
  const int after = sequence.load(kRelaxed);
  if (before == after && before % 2 == 0) ZOKIO_CHECK(seen_a == seen_b, "a whole snapshot");
}

// Two threads, a flag each: at most one enters.
void Dekker(memory_order store, memory_order load) {
  Atomic<int> wants[2];
  Atomic<int> inside{0};
  auto enter = [&](int self) {
    wants[self].store(1, store);
    if (wants[1 - self].load(load) == 0) {
      ZOKIO_CHECK(inside.fetch_add(1, kRelaxed) == 0, "alone inside");
    }
  };
  Thread other = Go("other", [&] { enter(1); });
  enter(0);
}

void Signal(bool under_the_lock) {
  Mutex mutex;
  CondVar changed;
  Atomic<bool> ready{false};
  Thread signaller = Go("signaller", [&] {
    if (under_the_lock) {
      MutexLock lock(mutex);
      ready.store(true, kRelaxed);
    } else {
      ready.store(true, kRelaxed);
    }
    changed.NotifyOne();
  });
  MutexLock lock(mutex);
  while (!ready.load(kRelaxed)) changed.Wait(lock);
}

// Two consumers of a linked list; a node goes back to the heap at once, or when all are done.
struct Node {
  Atomic<Node*> next{nullptr};
};

void Recycle(bool at_once) {
  auto* second = new Node;
  auto* first = new Node;
  first->next.store(second, kRelaxed);
  Atomic<Node*> head{first};
  auto pop = [&]() -> Node* {
    Node* node = head.load(kAcquire);
    while (node != nullptr &&
           !head.compare_exchange_strong(node, node->next.load(kAcquire), kAcqRel, kAcquire)) {
    }
    if (at_once) delete node;
    return node;
  };
  Node* theirs;
  Node* mine;
  {
    Thread other = Go("other", [&] { theirs = pop(); });
    mine = pop();
  }
  if (at_once) return;
  delete mine;
  delete theirs;
}

const Planted kPlanted[] = {
    {"a relaxed store where release is needed", Verdict::kDataRace,
     [] { Publish(kRelaxed, kAcquire); }, [] { Publish(kRelease, kAcquire); }},
    {"an acquire missing on the consumer", Verdict::kDataRace, [] { Publish(kRelease, kRelaxed); },
     [] { Publish(kRelease, kAcquire); }},
    {"a missed re-check before sleeping", Verdict::kLostWakeup, [] { Sleep(false); },
     [] { Sleep(true); }},
    {"a double wake", Verdict::kAssertion, [] { WakeTwice(false); }, [] { WakeTwice(true); }},
    {"ABA in a Treiber stack", Verdict::kAssertion, [] { TreiberAba(false); },
     [] { TreiberAba(true); }},
    {"a deque that doubles its last element", Verdict::kAssertion, [] { LastElement(false); },
     [] { LastElement(true); }},
    {"a reference dropped before the last use", Verdict::kUseAfterFree,
     [] { Reference(false, kAcqRel); }, [] { Reference(true, kAcqRel); }},
    {"a reference count that orders nothing", Verdict::kDataRace, [] { Reference(true, kRelaxed); },
     [] { Reference(true, kAcqRel); }},
    {"a seqlock whose data loads pass the second sequence load", Verdict::kAssertion,
     [] { SeqLock(kRelaxed); }, [] { SeqLock(kAcquire); }},
    {"Dekker without seq_cst", Verdict::kAssertion, [] { Dekker(kRelease, kAcquire); },
     [] { Dekker(kSeqCst, kSeqCst); }},
    {"a condition variable signalled outside the state change", Verdict::kLostWakeup,
     [] { Signal(false); }, [] { Signal(true); }},
    {"use after free by recycling a queue's node", Verdict::kUseAfterFree, [] { Recycle(true); },
     [] { Recycle(false); }},
};

class PlantedTest : public testing::TestWithParam<Planted> {};

void ExpectFound(const Planted& planted, const Options& options) {
  const Report report = Explore(options, planted.broken);
  // What is freed too early may be seen as a race of the freeing with the use, too.
  const bool expected =
      report.verdict == planted.verdict ||
      (planted.verdict == Verdict::kUseAfterFree && report.verdict == Verdict::kDataRace);
  EXPECT_TRUE(expected) << report;
  EXPECT_LT(report.seconds, 10);
  EXPECT_NE(report.interleaving.find("planted_test.cc:"), std::string::npos) << report;
  EXPECT_FALSE(report.complete);
  // The same interleaving again, and its shortened form.
  for (const std::string& replay : {report.replay, report.shortened_replay}) {
    const Report again =
        Explore({.replay = replay, .shorten = false, .print = false}, planted.broken);
    EXPECT_EQ(again.verdict, report.verdict) << again;
    EXPECT_EQ(again.schedules, 1u);
  }
  EXPECT_LE(report.shortened_steps, report.failing_steps);
  if (options.mode == Mode::kExhaustive) std::printf("%s", report.ToString().c_str());
}

TEST_P(PlantedTest, IsFoundByExhaustion) {
  ExpectFound(GetParam(), {.name = GetParam().name, .mode = Mode::kExhaustive});
}

TEST_P(PlantedTest, IsFoundWithinTwoPreemptions) {
  ExpectFound(GetParam(), {.name = GetParam().name, .mode = Mode::kBounded, .preemptions_max = 2});
}

TEST_P(PlantedTest, IsFoundAtRandom) {
  ExpectFound(GetParam(),
              {.name = GetParam().name, .mode = Mode::kRandom, .schedules_max = 500'000});
}

TEST_P(PlantedTest, IsFoundByRandomPriorities) {
  ExpectFound(GetParam(), {.name = GetParam().name, .mode = Mode::kPct, .schedules_max = 500'000});
}

TEST_P(PlantedTest, CorrectTwinIsProven) {
  const Report report = Explore({.name = GetParam().name}, GetParam().correct);
  EXPECT_TRUE(report.Proven()) << report;
  const Report bounded =
      Explore({.name = GetParam().name, .mode = Mode::kBounded}, GetParam().correct);
  EXPECT_TRUE(bounded.Proven()) << bounded;
}

INSTANTIATE_TEST_SUITE_P(All, PlantedTest, testing::ValuesIn(kPlanted), [](const auto& info) {
  std::string name;
  for (const char c : std::string(info.param.name)) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) name += c;
  }
  return name;
});

}  // namespace
}  // namespace zokio::model
