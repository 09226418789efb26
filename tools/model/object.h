// Object: all that is known of one seam object (atomic, variable, mutex, ...) in one execution.
//
// Ownership: the ObjectTable's; a record is reused by the next execution.
#ifndef ZOKIO_TOOLS_MODEL_OBJECT_H_
#define ZOKIO_TOOLS_MODEL_OBJECT_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "base/model/engine.h"
#include "tools/model/vector_clock.h"

namespace zokio::model {

inline constexpr int kNobody = -1;

// What a thread knows of other threads' stores beyond happens-before, by seq_cst fences.
struct FenceView {
  VectorClock clock;
  uint32_t sequence = 0;  // of the last seq_cst operation it is ordered after

  void Join(const FenceView& other) {
    clock.Join(other.clock);
    if (sequence < other.sequence) sequence = other.sequence;
  }
};

// One store in an atomic's modification order, which is the order of execution.
struct StoreRecord {
  uint64_t value = 0;
  VectorClock sync;  // what an acquiring reader learns: its release sequence's clock
  FenceView view;    // likewise
  uint32_t step = 0;
  int thread = kNobody;
  uint32_t dependence_time = 0;  // of the storing thread, in the reduction's relation
};

// "From `epoch` on, `thread` had seen store `index`": stores before it are hidden from whatever
// happens after.
struct Observation {
  uint32_t epoch = 0;
  uint32_t index = 0;
  int thread = kNobody;
};

struct SeqCstObservation {
  uint32_t sequence = 0;
  uint32_t index = 0;
};

// The reduction's memory of who touched an object last.
struct Dependence {
  int write_step = -1;
  int acquire_step = -1;  // mutexes: the last step that took it
  ThreadMask readers = 0;
  ThreadMask seq_cst_readers = 0;
  int read_step[kThreadsMax] = {};
  VectorClock write_clock;
  VectorClock read_clock;
  VectorClock seq_cst_read_clock;
};

struct Object {
  uintptr_t address = 0;
  uint32_t execution = 0;  // the one it was last seen in
  uint32_t id = 0;         // in order of first use
  ObjectKind kind = ObjectKind::kAtomic;
  uint8_t size = 0;
  bool freed = false;
  bool persistent = false;  // was there before the execution began: restored after it
  const char* name = nullptr;
  SourceLocation made_at;
  int made_by = kNobody;
  uint32_t made_epoch = 0;
  uint64_t initial_value = 0;

  // Last access of each thread, in its own time; 0: none.
  VectorClock accessed;
  SourceLocation accessed_at[kThreadsMax];

  // kAtomic
  std::vector<StoreRecord> stores;
  std::vector<Observation> seen;
  std::vector<SeqCstObservation> seq_cst_seen;
  uint32_t seq_cst_floor = 0;
  uint32_t last_read[kThreadsMax] = {};  // index of the store seen last, plus 1
  uint8_t repeats[kThreadsMax] = {};

  // kVariable
  int writer = kNobody;
  uint32_t write_epoch = 0;
  VectorClock readers;  // last read of each thread since the last write

  // kMutex, kCondVar, kParker, futex words
  int owner = kNobody;
  int last_owner = kNobody;
  int token_from = kNobody;
  bool token = false;
  ThreadMask waiters = 0;
  ThreadMask woken = 0;
  VectorClock sync;
  FenceView sync_view;
  VectorClock enabler;  // the reduction's clock of who gave the token

  Dependence dependence;
};

// All objects of an execution, by address.
class ObjectTable {
 public:
  ObjectTable();

  // Forgets all; takes constant time.
  void Clear();
  // The record of `address`, empty with `id` 0 if this execution did not see it yet.
  Object& At(uintptr_t address);
  Object* Find(uintptr_t address);
  // Gives a record (anew) to an object whose life begins. What the reduction knows of an earlier
  // object at the same address stays: its steps and the new one's keep their order.
  void Reset(Object& object, ObjectKind kind, size_t size);

  size_t size() const { return live_.size(); }
  Object& operator[](size_t index) { return *live_[index]; }

 private:
  void Grow();
  size_t Slot(uintptr_t address) const {
    return (address * 0x9E3779B97F4A7C15u) >> (64 - capacity_bits_);
  }

  int capacity_bits_ = 10;
  uint32_t execution_ = 1;
  std::vector<Object*> slots_;
  std::vector<uint32_t> slot_execution_;
  std::vector<std::unique_ptr<Object>> all_;
  std::vector<Object*> live_;
};

}  // namespace zokio::model

#endif  // ZOKIO_TOOLS_MODEL_OBJECT_H_
