// VectorClock: for each modelled thread, how much of it is known to have happened.
//
// Two relations are kept in such clocks: the C++ happens-before relation (which stores a load may
// see, which plain accesses race) and the dependence relation of partial-order reduction (which
// steps could not change places without changing the outcome).
// Thread-safety: a plain value.  Cost: 32 bytes; a join is two vector instructions.
#ifndef ZOKIO_TOOLS_MODEL_VECTOR_CLOCK_H_
#define ZOKIO_TOOLS_MODEL_VECTOR_CLOCK_H_

#include <cstdint>

namespace zokio::model {

inline constexpr int kThreadsMax = 8;

using ThreadMask = uint32_t;
constexpr ThreadMask Bit(int thread) { return ThreadMask{1} << thread; }

struct alignas(32) VectorClock {
  uint32_t at[kThreadsMax] = {};

  void Join(const VectorClock& other) {
    for (int i = 0; i < kThreadsMax; ++i) at[i] = at[i] < other.at[i] ? other.at[i] : at[i];
  }
  bool Covers(int thread, uint32_t time) const { return time <= at[thread]; }
};

}  // namespace zokio::model

#endif  // ZOKIO_TOOLS_MODEL_VECTOR_CLOCK_H_
