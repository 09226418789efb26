// Operation: what a thread is about to do. Step: what it did, as reports and the reduction need it.
#ifndef ZOKIO_TOOLS_MODEL_STEP_H_
#define ZOKIO_TOOLS_MODEL_STEP_H_

#include <atomic>
#include <cstdint>

#include "base/model/engine.h"
#include "tools/model/object.h"
#include "tools/model/vector_clock.h"

namespace zokio::model {

enum class OperationKind : uint8_t {
  kNone,
  kLoad,
  kStore,
  kRmw,
  kCompareExchange,
  kFence,
  kLock,
  kTryLock,
  kUnlock,
  kCondVarWait,  // releases the mutex, becomes a waiter
  kCondVarWake,  // woken (or timed out): takes the mutex again
  kCondVarNotify,
  kPark,
  kUnpark,
  kFutexWait,   // compares and becomes a waiter
  kFutexWoken,  // goes on
  kFutexWake,
  kJoin,
  kYield,
};

enum class Touch : uint8_t { kNone, kRead, kWrite };

// Which part of the total order of seq_cst operations and fences a step takes.
enum class Ordering : uint8_t { kNone, kSeqCst, kFence, kLight, kHeavy };

struct Operation {
  OperationKind kind = OperationKind::kNone;
  std::memory_order order = std::memory_order_relaxed;
  Ordering ordering = Ordering::kNone;
  bool timed = false;
  // What it touches, at most two objects. Before it ran: what it may touch at most.
  Touch touch = Touch::kNone;
  Touch other_touch = Touch::kNone;
  int target = kNobody;  // kJoin
  Object* object = nullptr;
  Object* other = nullptr;
  const VectorClock* enabler = nullptr;  // of whoever lets a blocked thread go on
  SourceLocation where;
};

// True when two steps of different threads could change places without any difference.
bool Independent(const Operation& a, const Operation& b);

struct Step {
  int thread = kNobody;
  Operation operation;
  uint64_t value = 0;    // read or written
  uint64_t written = 0;  // by a read-modify-write
  bool success = true;   // compare-exchange, try-lock, timed waits
  bool spurious = false;
  uint16_t stale = 0;  // how many newer stores a load passed over
  uint32_t dependence_time = 0;
  uint32_t node = 0;  // where the search chose it
  VectorClock dependence_clock;
};

}  // namespace zokio::model

#endif  // ZOKIO_TOOLS_MODEL_STEP_H_
