// BatchSizer: how many messages take about as long as a batch may, by what the last ones took.
//
// Thread-safety: none. A pure function of what it was told.
// Cost: one division a look.
#ifndef ZOKIO_ACTOR_INTERNAL_BATCH_SIZER_H_
#define ZOKIO_ACTOR_INTERNAL_BATCH_SIZER_H_

#include <algorithm>
#include <cstdint>

#include "actor/batch_options.h"
#include "base/clock.h"

namespace zokio::internal {

class BatchSizer {
 public:
  explicit BatchSizer(const BatchOptions& options)
      : options_(options.min, options.max) {  // a size of 0 would end no batch
    options_.target = options.target;
    size_ = std::clamp<uint32_t>(kBegin, options_.min, options_.max);
  }

  uint32_t size() const { return size_; }
  // False where the size is fixed: then no activation ends early.
  bool adapts() const { return options_.min != options_.max; }

  // An activation has handled so many messages, in `spent_ns`: after how many it looks at the clock
  // again; zero where it is over. At most four times as many, so that the clock costs little, and
  // no more than fit by what these took.
  uint32_t NextLook(uint32_t handled, int64_t spent_ns) const {
    if (!adapts()) return 4 * handled;
    const int64_t left_ns = options_.target.count() - spent_ns;
    if (left_ns <= 0) return 0;
    if (spent_ns <= left_ns / 3) return 4 * handled;
    return handled + 1 + static_cast<uint32_t>(handled * left_ns / spent_ns);
  }

  // `handled` messages took `spent_ns`. Less is taken at once, because others wait; more a quarter
  // of the way, because one quick batch says little of the next.
  void Observe(uint64_t handled, int64_t spent_ns) {
    if (handled == 0 || spent_ns <= 0) return;
    const auto fits = static_cast<int64_t>(handled) * options_.target.count() / spent_ns;
    const auto wanted =
        static_cast<uint32_t>(std::clamp<int64_t>(fits, options_.min, options_.max));
    size_ = wanted < size_ ? wanted : size_ + (wanted - size_ + 3) / 4;
  }

 private:
  static constexpr uint32_t kBegin = 128;

  BatchOptions options_;
  uint32_t size_;
};

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_BATCH_SIZER_H_
