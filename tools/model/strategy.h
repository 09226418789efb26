// Strategy: who runs next, and which of several allowed values an operation sees.
//
// One exploration runs the body again and again; the strategy makes the choices of each run and
// decides whether there is another.
// Thread-safety: one thread.
#ifndef ZOKIO_TOOLS_MODEL_STRATEGY_H_
#define ZOKIO_TOOLS_MODEL_STRATEGY_H_

#include <vector>

#include "tools/model/object.h"
#include "tools/model/step.h"
#include "tools/model/vector_clock.h"

namespace zokio::model {

class Execution;

class Strategy {
 public:
  virtual ~Strategy() = default;

  // PickThread gives up: the rest of this run would repeat an earlier one.
  static constexpr int kRedundant = -1;
  // The body did not behave as in the run that is being repeated.
  static constexpr int kDiverged = -2;

  // A new run begins.
  virtual void Begin(Execution& execution) = 0;
  // One of `enabled`. `current` ran last; it may be disabled.
  virtual int PickThread(ThreadMask enabled, int current) = 0;
  // One of 0 ... count - 1; 0 is the plainest (newest value, success).
  virtual int PickData(int count) = 0;
  // Whether exploring old values here finds what is not found otherwise.
  virtual bool MayReadStale(const Object& /*object*/, int /*thread*/) { return true; }

  // Around each step.
  virtual void BeforeStep(int /*thread*/, const Operation& /*operation*/) {}
  virtual void AfterStep(Step& /*step*/) {}
  virtual void ThreadStarted(int /*parent*/, int /*child*/) {}

  // Prepares the next run. False: there is none.
  virtual bool Next() = 0;
  // Of the run just made, where randomness was used.
  virtual uint64_t seed() const { return 0; }
};

}  // namespace zokio::model

#endif  // ZOKIO_TOOLS_MODEL_STRATEGY_H_
