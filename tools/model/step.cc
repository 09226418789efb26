#include "tools/model/step.h"

namespace zokio::model {
namespace {

bool Conflict(const Object* a, Touch touch_a, const Object* b, Touch touch_b) {
  return a != nullptr && a == b && (touch_a == Touch::kWrite || touch_b == Touch::kWrite);
}

bool OrderingConflict(Ordering a, Ordering b) {
  if (a == Ordering::kNone || b == Ordering::kNone) return false;
  const bool full_a = a == Ordering::kFence || a == Ordering::kHeavy;
  const bool full_b = b == Ordering::kFence || b == Ordering::kHeavy;
  if (a == Ordering::kLight) return b == Ordering::kHeavy;
  if (b == Ordering::kLight) return a == Ordering::kHeavy;
  return full_a || full_b;
}

}  // namespace

bool Independent(const Operation& a, const Operation& b) {
  if (Conflict(a.object, a.touch, b.object, b.touch)) return false;
  if (Conflict(a.object, a.touch, b.other, b.other_touch)) return false;
  if (Conflict(a.other, a.other_touch, b.object, b.touch)) return false;
  if (Conflict(a.other, a.other_touch, b.other, b.other_touch)) return false;
  // A seq_cst load that saw a new store forbids a later one to see an older store.
  if (a.ordering == Ordering::kSeqCst && b.ordering == Ordering::kSeqCst && a.object == b.object) {
    return false;
  }
  return !OrderingConflict(a.ordering, b.ordering);
}

}  // namespace zokio::model
