#include "sched/idle_set.h"

#include <algorithm>

#include "base/check.h"

namespace zokio {

IdleSet::IdleSet(int workers) : workers_(workers) {
  ZOKIO_CHECK(workers > 0, "a scheduler without workers");
  sleepers_.reserve(static_cast<size_t>(workers));
  AsymmetricFence::Prepare();
}

int IdleSet::ClaimLocked(size_t place) {
  const int worker = sleepers_[place];
  sleepers_.erase(sleepers_.begin() + static_cast<ptrdiff_t>(place));
  state_.fetch_add(kSearching - kParked, memory_order_seq_cst);
  return worker;
}

bool IdleSet::TryBeginSearch() {
  uint64_t state = state_.load(memory_order_relaxed);
  // A hint is enough: one searcher too many does no harm.
  if (2 * Searching(state) >= workers_) return false;
  state_.fetch_add(kSearching, memory_order_seq_cst);
  return true;
}

bool IdleSet::EndSearch() {
  bool last = Searching(state_.fetch_sub(kSearching, memory_order_seq_cst)) == 1;
  if (last) AsymmetricFence::SlowSide();
  return last;
}

bool IdleSet::Announce(int worker, bool was_searching) {
  uint64_t before;
  {
    MutexLock lock(mutex_);
    sleepers_.push_back(worker);
    before = state_.fetch_add(kParked - (was_searching ? kSearching : 0), memory_order_seq_cst);
  }
  if (Searching(before) > (was_searching ? 1 : 0)) return false;
  AsymmetricFence::SlowSide();
  return true;
}

bool IdleSet::Withdraw(int worker) {
  MutexLock lock(mutex_);
  auto found = std::find(sleepers_.begin(), sleepers_.end(), worker);
  if (found == sleepers_.end()) return false;
  sleepers_.erase(found);
  state_.fetch_sub(kParked, memory_order_seq_cst);
  return true;
}

void IdleSet::WithdrawToSearch(int worker) {
  if (Withdraw(worker)) state_.fetch_add(kSearching, memory_order_seq_cst);
}

}  // namespace zokio
