// Reduction: which steps depend on each other, and which races between them call for another run.
//
// Two steps of different threads depend on each other when their order can matter. If a step and
// a later one of another thread depend on each other and nothing orders them otherwise, they race:
// the run in which they change places must be explored too, by running, where the first was
// chosen, a thread that begins such a run (an "initial").
//
// Source: C. Flanagan, P. Godefroid, "Dynamic partial-order reduction for model checking
//   software", 2005; P. Abdulla et al., "Optimal dynamic partial order reduction", 2014 (source
//   sets). With old values in reach of loads, one rule is added: a load may see an old store only
//   if every newer one is ordered before it by dependence; else the run in which the load comes
//   first is equivalent, and is explored because the two race.
// Thread-safety: one thread.
#ifndef ZOKIO_TOOLS_MODEL_REDUCTION_H_
#define ZOKIO_TOOLS_MODEL_REDUCTION_H_

#include <vector>

#include "tools/model/object.h"
#include "tools/model/step.h"
#include "tools/model/vector_clock.h"

namespace zokio::model {

class Reduction {
 public:
  // A race: the run in which one of `initials` is chosen where step `step` was is to be explored,
  // unless one of them was or will be. `thread` is the racing step's own; it was waiting for this
  // very step where `blocked_at_step` (then nothing can change places).
  struct Race {
    int step;
    int thread;
    ThreadMask initials;
    bool same_operation;  // `thread` did nothing between the two steps
  };

  void Clear();
  void ThreadStarted(int parent, int child);
  // The races of what `thread` is about to do, appended to `races`; `enabler`: the clock of what
  // let it go on, if it was blocked.
  void FindRaces(int thread, const Operation& operation, const std::vector<Step>& steps,
                 std::vector<Race>& races) const;
  // The step was made: it is ordered after what it depends on.
  void Record(Step& step, int index);

  // Every newer store than those below is ordered before what `thread` does next.
  bool NewestIsOrderedBefore(const Object& object, int thread) const;
  uint32_t time(int thread) const { return clocks_[thread].at[thread]; }
  const VectorClock& clock(int thread) const { return clocks_[thread]; }

 private:
  struct OrderingDependence {  // as an object that fences write and seq_cst operations read
    int write_step = -1;
    ThreadMask readers = 0;
    int read_step[kThreadsMax] = {};
    VectorClock write_clock;
    VectorClock read_clock;
  };

  VectorClock ClockBefore(int thread, const Operation& operation) const;
  ThreadMask Initials(int first, int thread, const Operation& operation, const VectorClock& clock,
                      const std::vector<Step>& steps) const;

  VectorClock clocks_[kThreadsMax];
  OrderingDependence full_;   // seq_cst fences against seq_cst operations
  OrderingDependence heavy_;  // heavy fences against light ones
};

}  // namespace zokio::model

#endif  // ZOKIO_TOOLS_MODEL_REDUCTION_H_
