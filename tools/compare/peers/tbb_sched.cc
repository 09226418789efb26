// Peer: oneTBB. It has no coroutines: a task is a function object, joined by its group or a latch.
//
//   tbb_sched CASE COUNT WORKERS REPETITIONS   (see load/repeat.h)
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <latch>
#include <numeric>
#include <vector>

#include "tools/compare/load/repeat.h"

namespace zokio::compare {
namespace {

// Where tasks leave their numbers: a TBB task returns nothing.
class Results {
 public:
  explicit Results(uint64_t count) : numbers_(count) {}
  void Leave(uint64_t i) { numbers_[i] = i; }
  // The sum of what was left since the last call.
  uint64_t TakeSum() {
    const uint64_t sum = std::accumulate(numbers_.begin(), numbers_.end(), uint64_t{0});
    std::fill(numbers_.begin(), numbers_.end(), 0);
    return sum;
  }

 private:
  std::vector<uint64_t> numbers_;
};

uint64_t SpawnOutside(tbb::task_arena& arena, Results& results, uint64_t count) {
  std::latch done(static_cast<std::ptrdiff_t>(count));
  for (uint64_t i = 0; i < count; ++i) {
    arena.enqueue([&results, &done, i] {
      results.Leave(i);
      done.count_down();
    });
  }
  done.wait();
  return results.TakeSum();
}

uint64_t SpawnInside(tbb::task_arena& arena, Results& results, uint64_t count) {
  std::latch done(1);
  arena.enqueue([&results, &done, count] {
    tbb::task_group group;
    for (uint64_t i = 0; i < count; ++i) {
      group.run([&results, i] { results.Leave(i); });
    }
    group.wait();
    done.count_down();
  });
  done.wait();
  return results.TakeSum();
}

int Main(const RepeatOptions& options) {
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                  options.workers + 1);
  // No slot for the thread that spawns from outside: all slots are workers'.
  tbb::task_arena arena(static_cast<int>(options.workers), 0);
  Results results(options.count);
  const auto run = [&](auto&& one_case) {
    Repeat(options, [&](uint64_t count) { return one_case(arena, results, count); });
    return 0;
  };
  if (options.name == "spawn_outside") return run(SpawnOutside);
  if (options.name == "spawn_inside") return run(SpawnInside);
  std::fputs("tbb_sched: no such case\n", stderr);
  return 2;
}

}  // namespace
}  // namespace zokio::compare

int main(int argc, char** argv) {
  return zokio::compare::Main(zokio::compare::ParseRepeatOptions(argc, argv));
}
