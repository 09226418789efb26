// IdleSet: who sleeps, who searches; the wake protocol of a scheduler.
//
// A worker is running, searching (it looks for work to steal) or parked. One word holds how many
// search and how many are parked; the list of the parked stands under a lock. The rules:
//
//   1. Whoever makes work visible calls WorkAdded afterwards. It wakes one parked worker, and only
//      where nobody searches: a searcher will find the work, or check again before it sleeps.
//   2. A woken worker is counted as searching by its waker already, so that a burst of pushes wakes
//      one worker and not all.
//   3. A searcher that finds work and was the last one looks at all queues again, and if there is
//      work, wakes the next: so wakes fan out as far as the work does.
//   4. A worker that parks announces itself first; if that left no searcher, it looks at all queues
//      once more, and withdraws if there is work.
//
// Memory ordering: rule 1 stores to a queue and then reads the word; rules 3 and 4 change the word
// and then read the queues. Between the two stands AsymmetricFence, whose fast side (a compiler
// barrier) the pushing thread has; so not both can read the old value, and no wake is lost.
//
// Thread-safety: all functions from any thread, except where a worker is named: by that worker.
// Cost: WorkAdded one load where nobody can be woken. Parking one lock and one membarrier.
// Source: the idle protocol of the Tokio scheduler, with the store-load fence made asymmetric.
#ifndef ZOKIO_SCHED_IDLE_SET_H_
#define ZOKIO_SCHED_IDLE_SET_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/asymmetric_fence.h"
#include "base/atomic.h"
#include "base/mutex.h"

namespace zokio {

class IdleSet {
 public:
  static constexpr int kNobody = -1;

  explicit IdleSet(int workers);

  // After a push: true when a parked worker could be woken by ClaimSleeper.
  bool NeedsWake() const {
    AsymmetricFence::FastSide();
    uint64_t state = state_.load(memory_order_relaxed);
    return __builtin_expect(state != 0, 0) && Searching(state) == 0;
  }
  // Picks who is to be woken, counted as searching from now on; kNobody if that became needless.
  // The caller unparks it.
  int ClaimSleeper() {
    return ClaimSleeper([](int) { return true; });
  }
  // The same, if possible one that `near(worker)` says so of. Called under a lock.
  template <typename Near>
  int ClaimSleeper(Near near) {
    MutexLock lock(mutex_);
    // Two pushers may both have seen that nobody searches: one wake serves both.
    if (sleepers_.empty() || Searching(state_.load(memory_order_relaxed)) != 0) return kNobody;
    const size_t found = FindLocked(near);
    return ClaimLocked(found == sleepers_.size() ? found - 1 : found);
  }
  // For work that only some can take: one of those, whoever searches; kNobody where none sleeps.
  template <typename Suits>
  int ClaimSleeperOf(Suits suits) {
    MutexLock lock(mutex_);
    const size_t found = FindLocked(suits);
    return found == sleepers_.size() ? kNobody : ClaimLocked(found);
  }

  // A running worker asks to search. False when half of the workers do already.
  bool TryBeginSearch();
  // The searching worker found work. True when it was the last: look at the queues (rule 3).
  bool EndSearch();

  // The worker is about to park. True when no searcher is left: look at the queues (rule 4).
  bool Announce(int worker, bool was_searching);
  // The worker returns from its park or will not park. True: nobody had claimed it, it is running
  // now. False: somebody did, it is searching now.
  bool Withdraw(int worker);
  // As Withdraw, and it searches in any case: it found work when nobody else was searching.
  void WithdrawToSearch(int worker);

  int parked() const { return Parked(state_.load(memory_order_relaxed)); }
  int searching() const { return Searching(state_.load(memory_order_relaxed)); }
  // True while every worker is busy: then nobody wants what another one has claimed.
  bool all_running() const { return state_.load(memory_order_relaxed) == 0; }

 private:
  static constexpr uint64_t kSearching = 1;
  static constexpr uint64_t kParked = uint64_t{1} << 32;
  static int Searching(uint64_t state) { return static_cast<int>(state & (kParked - 1)); }
  static int Parked(uint64_t state) { return static_cast<int>(state >> 32); }

  // The last to park has the warmest cache. The number of sleepers where none suits.
  template <typename Suits>
  size_t FindLocked(Suits suits) const {
    for (size_t i = sleepers_.size(); i-- > 0;) {
      if (suits(sleepers_[i])) return i;
    }
    return sleepers_.size();
  }
  int ClaimLocked(size_t place);

  // The parked count changes under the lock, the searching count anywhere.
  alignas(64) Atomic<uint64_t> state_{0};
  alignas(64) Mutex mutex_;
  std::vector<int> sleepers_;
  const int workers_;
};

}  // namespace zokio

#endif  // ZOKIO_SCHED_IDLE_SET_H_
