// Partial-order reduction loses nothing: on random small programs, the reduced and the complete
// search see the same set of outcomes.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "base/asymmetric_fence.h"
#include "base/atomic.h"
#include "base/mutex.h"
#include "base/parker.h"
#include "base/random.h"
#include "base/thread.h"
#include "tools/model/model.h"

namespace zokio::model {
namespace {

enum class Act { kLoad, kStore, kAdd, kCas, kFence, kFast, kSlow, kLock, kTryLock, kPark, kUnpark };

struct Instruction {
  Act act;
  int word;
  memory_order order;
  int value;
};

using RandomProgram = std::vector<std::vector<Instruction>>;
using Outcome = std::array<char, 24>;

const char* OrderName(memory_order order) {
  switch (order) {
    case memory_order_relaxed:
      return "rlx";
    case memory_order_acquire:
      return "acq";
    case memory_order_release:
      return "rel";
    case memory_order_acq_rel:
      return "ar";
    default:
      return "sc";
  }
}

std::string ToString(const RandomProgram& program) {
  static const char* const kNames[] = {"load", "store", "add",     "cas",  "fence", "fast",
                                       "slow", "lock",  "trylock", "park", "unpark"};
  std::string text;
  for (const auto& thread : program) {
    for (const Instruction& i : thread) {
      text += std::string(kNames[static_cast<int>(i.act)]) + " " + "xyz"[i.word] + " " +
              OrderName(i.order) + " " + std::to_string(i.value) + "; ";
    }
    text += "\n";
  }
  return text;
}

memory_order PickOrder(Random& random, std::initializer_list<memory_order> orders) {
  return *(orders.begin() + random.Below(static_cast<uint32_t>(orders.size())));
}

RandomProgram MakeProgram(uint64_t seed, bool blocking) {
  Random random(seed);
  RandomProgram program(2 + random.Below(3));
  size_t budget = program.size() == 4 ? 7 : program.size() == 3 ? 8 : 9;
  for (size_t n = 0; n < budget; ++n) {
    auto& thread = program[n < program.size() ? n : random.Below(program.size())];
    Instruction next{};
    next.word = static_cast<int>(random.Below(2));
    next.value = static_cast<int>(1 + random.Below(3));
    const uint32_t kind = random.Below(blocking ? 24 : 17);
    if (kind < 7) {
      next.act = Act::kLoad;
      next.order = PickOrder(random, {memory_order_relaxed, memory_order_relaxed,
                                      memory_order_acquire, memory_order_seq_cst});
    } else if (kind < 12) {
      next.act = Act::kStore;
      next.order = PickOrder(random, {memory_order_relaxed, memory_order_relaxed,
                                      memory_order_release, memory_order_seq_cst});
    } else if (kind < 14) {
      next.act = kind == 12 ? Act::kAdd : Act::kCas;
      next.order = PickOrder(random, {memory_order_relaxed, memory_order_acq_rel,
                                      memory_order_release, memory_order_seq_cst});
    } else if (kind < 17) {
      next.act = kind == 14 ? Act::kFence : kind == 15 ? Act::kFast : Act::kSlow;
      next.order = memory_order_seq_cst;
    } else {
      next.act = kind < 20   ? Act::kLock
                 : kind < 21 ? Act::kTryLock
                 : kind < 22 ? Act::kPark
                             : Act::kUnpark;
    }
    thread.push_back(next);
  }
  return program;
}

struct Shared {
  Atomic<int> words[3];
  Mutex mutex;
  Parker parkers[4];
};

// Runs a thread's instructions; what it saw goes to `out`.
void RunThread(const std::vector<Instruction>& code, int self, int threads, Shared& shared,
               char*& out) {
  for (const Instruction& i : code) {
    Atomic<int>& word = shared.words[i.word];
    switch (i.act) {
      case Act::kLoad:
        *out++ = static_cast<char>('0' + word.load(i.order));
        break;
      case Act::kStore:
        word.store(i.value, i.order);
        break;
      case Act::kAdd:
        *out++ = static_cast<char>('0' + word.fetch_add(4, i.order));
        break;
      case Act::kCas: {
        int expected = 0;
        *out++ = word.compare_exchange_strong(expected, i.value, i.order) ? '!' : '-';
        *out++ = static_cast<char>('0' + expected);
        break;
      }
      case Act::kFence:
        ThreadFence(memory_order_seq_cst);
        break;
      case Act::kFast:
        AsymmetricFence::FastSide();
        break;
      case Act::kSlow:
        AsymmetricFence::SlowSide();
        break;
      case Act::kLock: {
        MutexLock lock(shared.mutex);
        *out++ = static_cast<char>('0' + shared.words[2].load(memory_order_relaxed));
        shared.words[2].store(i.value, memory_order_relaxed);
        break;
      }
      case Act::kTryLock:
        *out++ = shared.mutex.TryLock() ? 'L' : 'l';
        if (out[-1] == 'L') {
          shared.words[2].store(7, memory_order_relaxed);
          shared.mutex.Unlock();
        }
        break;
      case Act::kPark:
        *out++ = shared.parkers[self].ParkUntil(Instant(Duration(1))) ? 'P' : 'p';
        break;
      case Act::kUnpark:
        shared.parkers[(self + 1) % threads].Unpark();
        break;
    }
  }
}

std::set<std::string> Outcomes(const RandomProgram& program, Mode mode, int preemptions,
                               Report& report) {
  static std::vector<Outcome> seen;
  seen.assign(100'000, Outcome{});
  static size_t count;
  count = 0;
  report = Explore({.mode = mode,
                    .preemptions_max = preemptions,
                    .schedules_max = 3'000'000,
                    .seconds_max = 20,
                    .print = false},
                   [&] {
                     Shared shared;
                     Outcome outcome{};
                     char buffers[4][24] = {};
                     {
                       Thread threads[4];
                       for (size_t i = 0; i < program.size(); ++i) {
                         threads[i] = Thread::Start("t", [&, i] {
                                        char* out = buffers[i];
                                        RunThread(program[i], static_cast<int>(i),
                                                  static_cast<int>(program.size()), shared, out);
                                      }).value();
                       }
                     }
                     size_t n = 0;
                     for (auto& buffer : buffers) {
                       for (const char* c = buffer; *c != 0; ++c) outcome[n++] = *c;
                     }
                     for (const Atomic<int>& word : shared.words) {
                       outcome[n++] = static_cast<char>('0' + word.load(memory_order_relaxed));
                     }
                     for (size_t i = 0; i < count; ++i) {
                       if (seen[i] == outcome) return;
                     }
                     seen[count++] = outcome;
                   });
  std::set<std::string> outcomes;
  for (size_t i = 0; i < count; ++i) outcomes.insert(std::string(seen[i].data()));
  return outcomes;
}

void Compare(uint64_t first_seed, int programs, bool blocking) {
  uint64_t reduced_runs = 0;
  uint64_t all_runs = 0;
  int compared = 0;
  for (int i = 0; i < programs; ++i) {
    const RandomProgram program = MakeProgram(first_seed + i, blocking);
    Report reduced;
    Report all;
    const std::set<std::string> some = Outcomes(program, Mode::kExhaustive, 0, reduced);
    const std::set<std::string> every = Outcomes(program, Mode::kBounded, 1000, all);
    ASSERT_TRUE(reduced.Passed()) << reduced;
    if (!all.complete || !reduced.complete) continue;
    ++compared;
    reduced_runs += reduced.schedules + reduced.redundant;
    all_runs += all.schedules;
    std::string missing;
    for (const std::string& outcome : every) {
      if (some.count(outcome) == 0) missing += outcome + " ";
    }
    ASSERT_EQ(missing, "") << "seed " << first_seed + i << ":\n" << ToString(program);
    ASSERT_EQ(some, every) << "seed " << first_seed + i;
  }
  std::printf("%d programs compared: %.1f schedules each with reduction, %.1f without\n", compared,
              static_cast<double>(reduced_runs) / compared,
              static_cast<double>(all_runs) / compared);
  EXPECT_GE(compared, programs * 9 / 10);
}

int Programs(int fallback) {
  const char* asked = std::getenv("ZOKIO_MODEL_PROGRAMS");
  return asked == nullptr ? fallback : std::atoi(asked);
}

TEST(Reduction, SameOutcomesOnRandomAtomics) { Compare(1'000'000, Programs(200), false); }

TEST(Reduction, SameOutcomesOnRandomBlockingPrograms) { Compare(2'000'000, Programs(25), true); }

}  // namespace
}  // namespace zokio::model
