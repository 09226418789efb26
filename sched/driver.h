// Driver: all that the scheduler knows of I/O.
//
// A worker parks *in* its driver: the I/O loop waits for the kernel and for other threads' wakes in
// one place. A bare scheduler has the ParkDriver, which waits on a futex.
//
// Thread-safety: Unpark from any thread; everything else by the worker that owns the driver.
// Cost: one virtual call per turn of the worker's loop, never one per operation.
#ifndef ZOKIO_SCHED_DRIVER_H_
#define ZOKIO_SCHED_DRIVER_H_

#include "base/clock.h"

namespace zokio {

class Driver {
 public:
  virtual ~Driver() = default;

  // Once on the worker's thread, before its first poll: rings belong to the thread that made them.
  virtual void Attach() {}
  // Once on the worker's thread, after its last task was destroyed: waits for what the kernel
  // still holds, then lets go of it.
  virtual void Detach() {}

  // Hands what is queued to the kernel and reaps what is there, without waiting. Completions wake
  // tasks by their wakers. Returns how many completions it delivered.
  virtual int Poll() = 0;

  // As Poll, but waits until a completion, an Unpark or the deadline. May return early. An Unpark
  // that came before it makes it return at once.
  virtual void Park(Instant deadline) = 0;

  // Makes the owner's current or next Park return. May still come after Detach: then nothing.
  virtual void Unpark() = 0;

  // For workers that look out for work before they park (idle_spin.h): whether this driver has an
  // Unparked, and no completions that only its own waiting finds. Else its worker parks at once.
  virtual bool TellsUnparks() const { return false; }
  // By the owner: an Unpark came that no Park has taken yet.
  virtual bool Unparked() const { return false; }

  // True while the kernel holds operations: the worker then polls now and then even when busy.
  virtual bool HasPendingOperations() const { return false; }
};

}  // namespace zokio

#endif  // ZOKIO_SCHED_DRIVER_H_
