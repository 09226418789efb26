// LoopDriver: an I/O loop as the scheduler's Driver.
//
// Ownership: owns the loop.  Thread-safety, cost: as Driver and Loop.
#ifndef ZOKIO_IO_LOOP_DRIVER_H_
#define ZOKIO_IO_LOOP_DRIVER_H_

#include <utility>

#include "io/loop.h"
#include "sched/driver.h"

namespace zokio::io {

class LoopDriver final : public Driver {
 public:
  explicit LoopDriver(LoopPtr loop) : loop_(std::move(loop)) {}

  void Attach() override { loop_->Attach(); }
  void Detach() override { loop_->Detach(); }
  int Poll() override { return loop_->Poll(); }
  void Park(Instant deadline) override { loop_->Park(deadline); }
  void Unpark() override { loop_->Unpark(); }
  bool HasPendingOperations() const override { return loop_->HasPendingOperations(); }

  Loop& loop() { return *loop_; }

 private:
  const LoopPtr loop_;
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_LOOP_DRIVER_H_
