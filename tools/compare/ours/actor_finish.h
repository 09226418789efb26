// Finish: waits until as many parts of a case have ended, and adds up what they did.
#ifndef ZOKIO_TOOLS_COMPARE_OURS_ACTOR_FINISH_H_
#define ZOKIO_TOOLS_COMPARE_OURS_ACTOR_FINISH_H_

#include <cstdint>

#include "base/atomic.h"
#include "base/parker.h"

namespace zokio::compare {

class Finish {
 public:
  explicit Finish(uint64_t parts) : left_(parts) {}
  void Part(uint64_t sum) {
    sum_.fetch_add(sum, memory_order_relaxed);
    if (left_.fetch_sub(1, memory_order_acq_rel) == 1) parker_.Unpark();
  }
  // REQUIRES: there was a part.
  uint64_t Wait() {
    // By the token alone, which the last part puts there as the last that it does here.
    parker_.Park();
    return sum_.load(memory_order_relaxed);
  }

 private:
  Atomic<uint64_t> left_;
  Atomic<uint64_t> sum_{0};
  Parker parker_;
};

}  // namespace zokio::compare

#endif  // ZOKIO_TOOLS_COMPARE_OURS_ACTOR_FINISH_H_
