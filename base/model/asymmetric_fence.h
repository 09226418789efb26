// model::AsymmetricFence: the light and the heavy side, as the model checker sees them.
//
// A heavy fence and a light one are ordered with each other, and heavy ones among themselves; two
// light ones are not (Source: D. Goldblatt, WG21 P1202, "Asymmetric fences").
#ifndef ZOKIO_BASE_MODEL_ASYMMETRIC_FENCE_H_
#define ZOKIO_BASE_MODEL_ASYMMETRIC_FENCE_H_

#include "base/model/atomic.h"
#include "base/model/engine.h"

namespace zokio::model {

class AsymmetricFence {
 public:
  static void FastSide(SourceLocation where = SourceLocation::current()) {
    Run(FenceKind::kLight, where);
  }
  static void SlowSide(SourceLocation where = SourceLocation::current()) {
    Run(FenceKind::kHeavy, where);
  }
  static void Prepare() {}

 private:
  static void Run(FenceKind kind, SourceLocation where) {
    if (Engine* engine = CurrentEngine()) {
      engine->Fence(kind, where);
    } else {
      ThreadFence(std::memory_order_seq_cst);
    }
  }
};

}  // namespace zokio::model

#endif  // ZOKIO_BASE_MODEL_ASYMMETRIC_FENCE_H_
