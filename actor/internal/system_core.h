// SystemCore: what the loops of one system share.
//
// Shutdown is agreed on in two steps, because any loop may spawn on any other until all have heard
// of it: first every loop has refused further spawns and told its roots to stop (`heard`), then
// every loop is empty (`drained`); then all end.
//
// Thread-safety: any thread.
#ifndef ZOKIO_ACTOR_INTERNAL_SYSTEM_CORE_H_
#define ZOKIO_ACTOR_INTERNAL_SYSTEM_CORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "actor/batch_options.h"
#include "actor/dead_letter.h"
#include "actor/internal/home_finder.h"
#include "actor/internal/loop.h"
#include "actor/placement.h"
#include "actor/supervision.h"
#include "actor/trace.h"
#include "base/atomic.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"

namespace zokio::internal {

class SystemCore {
 public:
  static constexpr uint32_t kAddedMax = 1024;  // loops beside the first ones

  SystemCore(uint32_t loops, std::function<void(const DeadLetter&)> on_dead_letter,
             const Clock& clock, std::optional<Supervision> root_supervision,
             std::function<void(const TraceEvent&)> on_message, const BatchOptions& batch,
             PlacementOptions placement);
  // REQUIRES: all loops have ended, and nobody sends.
  ~SystemCore();

  // All, and those that the system began with: the first ones.
  uint32_t loop_count() const { return count_.load(memory_order_acquire); }
  uint32_t shared_loops() const { return shared_loops_; }
  // REQUIRES: index < loop_count().
  ActorLoop& loop(uint32_t index) { return *loops_[index]; }
  // Adds a group of loops, which the caller starts: those of one group are connected by rings.
  // Answers the number of the first. kShutdown, or kOutOfRange where there are too many.
  // With a ring each, where `ring_capacity` is not zero.
  Result<uint32_t> AddLoops(uint32_t count, uint32_t ring_capacity = 0);
  void SetHomeFinder(HomeFinder* finder) { home_finder_ = finder; }
  HomeFinder& home_finder() { return *home_finder_; }
  const Clock& clock() const { return clock_; }
  const BatchOptions& batch() const { return batch_; }
  const PlacementOptions& placement() const { return placement_; }
  // Empty where messages are not traced.
  const std::function<void(const TraceEvent&)>& on_message() const { return on_message_; }
  // Null: actors without a parent end when they fail.
  const Supervision* root_supervision() const {
    return root_supervision_ ? &*root_supervision_ : nullptr;
  }

  // Where an actor that is spawned from outside is born: each loop in turn; where actors are placed
  // by load, or with data on a node, see ChooseHome.
  ActorLoop& NextLoop(std::optional<uint32_t> data_node = std::nullopt);
  bool accepting() const { return accepting_.load(memory_order_acquire); }

  // Counts and reports a message that will not be handled, then discards it.
  void DeadLetterOf(Envelope* envelope, DeadLetterReason reason);
  uint64_t dead_letters() const { return dead_letters_.load(memory_order_relaxed); }
  // An actor failed by itself.
  void CountFailure() { failures_.fetch_add(1, memory_order_relaxed); }
  void CountMoves(uint64_t count) { moved_.fetch_add(count, memory_order_relaxed); }
  uint64_t moved() const { return moved_.load(memory_order_relaxed); }
  uint64_t failures() const { return failures_.load(memory_order_relaxed); }

  // With `kill`, suspended handlers and other loops' children are not waited for.
  void BeginShutdown(bool kill = false);
  // False when the deadline passed first.
  bool WaitForEnd(Instant deadline);
  // REQUIRES: WaitForEnd was true. What still comes from outside is rejected from now on.
  void Close();

  // By each loop once.
  void Heard();
  void Drained();
  void Ended();
  bool all_heard() const { return heard_.load(memory_order_acquire) == loop_count(); }
  bool all_drained() const { return drained_.load(memory_order_acquire) == loop_count(); }

 private:
  // Fills in loops from `first` on.
  void MakeGroup(uint32_t first, uint32_t count, uint32_t ring_capacity);
  void WakeAll();

  const Clock& clock_;
  const std::function<void(const DeadLetter&)> on_dead_letter_;
  const std::optional<Supervision> root_supervision_;
  const std::function<void(const TraceEvent&)> on_message_;
  const BatchOptions batch_;
  const PlacementOptions placement_;
  const uint32_t shared_loops_;
  // As long as it will ever be; written below `count_` only by who makes loops.
  std::vector<std::unique_ptr<ActorLoop>> loops_;
  Atomic<uint32_t> count_{0};
  HomeFinder* home_finder_ = nullptr;
  Atomic<uint32_t> next_{0};
  Atomic<bool> accepting_{true};
  Atomic<uint64_t> dead_letters_{0};
  Atomic<uint64_t> failures_{0};
  Atomic<uint64_t> moved_{0};
  Atomic<uint32_t> heard_{0};
  Atomic<uint32_t> drained_{0};
  Mutex mutex_;
  CondVar ended_changed_;
  uint32_t ended_ = 0;
};

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_SYSTEM_CORE_H_
