// LoopCounters: what a loop has done, since its beginning.
//
// Thread-safety: none.
#ifndef ZOKIO_ACTOR_INTERNAL_LOOP_COUNTERS_H_
#define ZOKIO_ACTOR_INTERNAL_LOOP_COUNTERS_H_

#include <cstdint>

namespace zokio::internal {

struct LoopCounters {
  uint64_t messages = 0;
  uint64_t activations = 0;
  uint64_t spawned = 0;
  uint64_t ended = 0;
  uint64_t sent_away = 0;
  uint64_t batches = 0;  // published to other loops
};

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_LOOP_COUNTERS_H_
