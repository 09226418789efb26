// Memory: which stores a load may see, and what seeing one tells, by the C++20 memory model.
//
// Modification order is the order of execution; a load may see any store that neither
// happens-before nor coherence nor the seq_cst order hides from it. What this leaves out is
// listed in docs/guide/model-checking.md.
//
// Each thread has a clock of happens-before. A store keeps the clock that an acquiring reader
// joins: the storing thread's, if it released, and that of the store a read-modify-write
// replaced (release sequences). Fences are modelled by clocks kept aside.
// Thread-safety: one thread.
#ifndef ZOKIO_TOOLS_MODEL_MEMORY_H_
#define ZOKIO_TOOLS_MODEL_MEMORY_H_

#include <atomic>
#include <cstdint>

#include "tools/model/object.h"
#include "tools/model/vector_clock.h"

namespace zokio::model {

// What one thread knows.
struct ThreadView {
  VectorClock clock;
  FenceView fence;  // used once a seq_cst or asymmetric fence ran
  // What relaxed loads saw, for a later acquire fence.
  VectorClock acquirable;
  FenceView acquirable_fence;
  // What the last release fence covers, for later relaxed stores.
  VectorClock released;
  FenceView released_fence;
};

class Memory {
 public:
  // A new execution.
  void Clear();

  // The first store of an atomic, visible to everybody that may use the object at all.
  void Initialize(Object& object, uint64_t value);

  // The oldest store that a load of this order may see.
  uint32_t Floor(const Object& object, const ThreadView& view, std::memory_order order) const;
  // The load sees store `index`.
  void Read(Object& object, uint32_t index, int thread, ThreadView& view, std::memory_order order);
  // `replaces`: the store is one half of a read-modify-write.
  void Write(Object& object, uint64_t value, int thread, ThreadView& view, std::memory_order order,
             bool replaces, uint32_t step, uint32_t dependence_time);

  void Fence(FenceKind kind, ThreadView& view);

  // Blocking objects: a release into, an acquire out of, the object's own clock.
  void Publish(Object& object, const ThreadView& view);
  void Learn(const Object& object, ThreadView& view);

  // What a child thread knows at its start, a joiner at the end.
  static void Inherit(ThreadView& to, const ThreadView& from);

 private:
  bool fences_used_ = false;
  uint32_t sequence_ = 0;  // of seq_cst operations and fences so far
  FenceView after_full_;   // published by seq_cst and heavy fences
  VectorClock after_heavy_;
  VectorClock after_light_;
};

}  // namespace zokio::model

#endif  // ZOKIO_TOOLS_MODEL_MEMORY_H_
