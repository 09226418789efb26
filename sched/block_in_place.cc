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
    BlockedWorker::Get() = worker_;
  } else {
    worker_ = nullptr;
  }
}

BlockingSection::~BlockingSection() {
  if (worker_ == nullptr) return;
  ZOKIO_CHECK(!worker_->core().orphaned(),
              "BlockInPlace returned in a child of fork(): call exec or _exit there");
  // Another worker may have been faster to run the fiber on than this one to end its poll.
  ZOKIO_CHECK(CurrentWorker::Get() == nullptr, "a fiber waited inside BlockInPlace");
  CurrentWorker::Get() = worker_;
  BlockedWorker::Get() = nullptr;
  worker_->core().crew().StepBack(*worker_);
}

}  // namespace zokio::internal
