// RankedMail: envelopes by rank, the lowest first; those of equal rank as they came.
//
// Ownership: holds envelopes, which belong to whoever takes them.  Thread-safety: none.
// Cost: Push and PopFirst logarithmic, TakeLast linear; memory is kept.
#ifndef ZOKIO_ACTOR_INTERNAL_RANKED_MAIL_H_
#define ZOKIO_ACTOR_INTERNAL_RANKED_MAIL_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "actor/internal/envelope.h"

namespace zokio::internal {

class RankedMail {
 public:
  bool empty() const { return heap_.empty(); }

  void Push(int64_t rank, Envelope* envelope) {
    heap_.push_back(Entry{rank, pushed_++, envelope});
    std::push_heap(heap_.begin(), heap_.end(), &ComesAfter);
  }
  // REQUIRES: !empty().
  Envelope* PopFirst() {
    std::pop_heap(heap_.begin(), heap_.end(), &ComesAfter);
    Envelope* envelope = heap_.back().envelope;
    heap_.pop_back();
    return envelope;
  }
  // Of those that come after `rank` and for which `wanted` holds, the last; null where there is
  // none.
  template <typename Wanted>
  Envelope* TakeLast(int64_t rank, Wanted&& wanted) {
    auto last = heap_.end();
    for (auto at = heap_.begin(); at != heap_.end(); ++at) {
      if (at->rank <= rank || !wanted(*at->envelope)) continue;
      if (last == heap_.end() || ComesAfter(*at, *last)) last = at;
    }
    if (last == heap_.end()) return nullptr;
    Envelope* envelope = last->envelope;
    *last = heap_.back();
    heap_.pop_back();
    std::make_heap(heap_.begin(), heap_.end(), &ComesAfter);
    return envelope;
  }

 private:
  struct Entry {
    int64_t rank;
    uint64_t number;
    Envelope* envelope;
  };
  static bool ComesAfter(const Entry& a, const Entry& b) {
    return a.rank != b.rank ? a.rank > b.rank : a.number > b.number;
  }

  std::vector<Entry> heap_;
  uint64_t pushed_ = 0;
};

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_RANKED_MAIL_H_
