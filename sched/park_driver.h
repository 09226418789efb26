// ParkDriver: the Driver of a bare scheduler: no I/O, the worker sleeps on a futex.
//
// Thread-safety: as Driver.  Cost: a futex call to sleep, one to wake a sleeper, none otherwise.
#ifndef ZOKIO_SCHED_PARK_DRIVER_H_
#define ZOKIO_SCHED_PARK_DRIVER_H_

#include "base/parker.h"
#include "sched/driver.h"

namespace zokio {

class ParkDriver final : public Driver {
 public:
  int Poll() override { return 0; }
  void Park(Instant deadline) override { parker_.ParkUntil(deadline); }
  void Unpark() override { parker_.Unpark(); }
  bool TellsUnparks() const override { return true; }
  bool Unparked() const override { return parker_.HasToken(); }

 private:
  Parker parker_;
};

}  // namespace zokio

#endif  // ZOKIO_SCHED_PARK_DRIVER_H_
