#include "sched/block_in_place.h"

#include "base/check.h"
#include "sched/internal/core.h"
#include "sched/internal/crew.h"
#include "sched/internal/worker.h"

namespace zokio::internal {

BlockingSection::BlockingSection() : worker_(CurrentWorker::Get()) {
  if (worker_ == nullptr) return;
  if (worker_->core().crew().StepAside(*worker_)) {
    // What the call wakes and spawns comes from outside the scheduler, as far as that can see.
    CurrentWorker::Get() = nullptr;
  } else {
    worker_ = nullptr;
  }
}

BlockingSection::~BlockingSection() {
  if (worker_ == nullptr) return;
  // Another worker may have been faster to run the fiber on than this one to end its poll.
  ZOKIO_CHECK(CurrentWorker::Get() == nullptr, "a fiber waited inside BlockInPlace");
  CurrentWorker::Get() = worker_;
  worker_->core().crew().StepBack(*worker_);
}

}  // namespace zokio::internal
