// Options: how much to explore, and in which way.
#ifndef ZOKIO_TOOLS_MODEL_OPTIONS_H_
#define ZOKIO_TOOLS_MODEL_OPTIONS_H_

#include <cstdint>
#include <string>

namespace zokio::model {

enum class Mode : uint8_t {
  // Every outcome, by depth-first search with dynamic partial-order reduction and sleep sets:
  // of interleavings that differ in the order of independent steps only, one is run.
  kExhaustive,
  // Every interleaving with at most `preemptions_max` preemptions, without reduction: a bound and
  // plain reduction together would miss states.
  kBounded,
  // Uniformly random choices, `schedules_max` times.
  kRandom,
  // Random priorities with `pct_depth - 1` random change points: finds a bug that needs d ordering
  // constraints with probability at least 1 / (threads * steps^(d-1)) a schedule.
  // Source: S. Burckhardt et al., "A randomized scheduler with probabilistic guarantees", 2010.
  kPct,
};

struct Options {
  // Shown in the summary.
  std::string name;
  Mode mode = Mode::kExhaustive;
  // kBounded: leaving a thread that could go on costs one; leaving a blocked one is free.
  int preemptions_max = 3;

  // The budget. Reaching it is reported: the verdict then says nothing of the rest.
  uint64_t schedules_max = 20'000'000;
  double seconds_max = 100;

  // An execution longer than this is a livelock.
  uint32_t steps_max = 5'000;
  // Each thread: how often a timed wait may run out while others could still go on (it always may
  // when nothing else can).
  int timeouts_max = 1;
  // Each thread: how often compare_exchange_weak may fail without reason.
  int spurious_failures_max = 1;
  // Whether relaxed and acquire loads may see old stores. False: sequential consistency only,
  // to find out whether a failure is one of memory order.
  bool stale_reads = true;
  // How often in a row a thread may see the same old store of an object: a store becomes visible
  // in finite time.
  int stale_repeats_max = 2;
  // A thread that does the same again and again (same line, object and values) without having seen
  // anything new of another thread waits, after so many repetitions, until another thread writes:
  // a spinning thread is explored a few turns, not for ever. It is let on where nobody else can.
  int repetitions_max = 3;
  bool check_leaks = true;

  uint64_t seed = 1;  // of kRandom and kPct
  int pct_depth = 3;

  // Runs this one interleaving (a report's `replay`) and nothing else. The environment variable
  // ZOKIO_MODEL_REPLAY does the same for the test's first exploration.
  std::string replay;
  // Whether a failure's interleaving is made as short as can be found.
  bool shorten = true;
  // Whether a summary line goes to standard output.
  bool print = true;
};

}  // namespace zokio::model

#endif  // ZOKIO_TOOLS_MODEL_OPTIONS_H_
