#include "sched/internal/block_on.h"

#include <utility>

#include "base/check.h"
#include "sched/internal/core.h"
#include "sched/internal/worker.h"

namespace zokio::internal {
namespace {

Waker CloneWaker(void* thread);
void WakeThread(void* thread) { static_cast<BlockedThread*>(thread)->Wake(); }
void DropWaker(void*) {}

constexpr WakerVtable kVtable{&CloneWaker, &WakeThread, &WakeThread, &DropWaker};

Waker CloneWaker(void* thread) { return Waker(&kVtable, thread); }

}  // namespace

void WaitInPlace::Begin(Core* core) {
  if (core == nullptr || core->virtual_clock() == nullptr || !core->BlockedHere()) return;
  worker_ = BlockedWorker::Get();
  worker_->SetWaitsInPlace(true);
  core->UnparkAll();  // the last to fall asleep again moves time
}

void WaitInPlace::End() {
  if (Worker* worker = std::exchange(worker_, nullptr)) worker->SetWaitsInPlace(false);
}

void BlockedThread::Begin() {
  if (clock_ == nullptr) return;
  MutexLock lock(mutex_);
  if (ended_) return;
  in_place_.Begin(core_);
  time_passes_.emplace(clock_);
}

void BlockedThread::Wake() {
  if (clock_ != nullptr) {
    MutexLock lock(mutex_);
    ended_ = true;
    in_place_.End();
    time_passes_.reset();
  }
  parker_.Unpark();  // the last touch
}

Waker BlockedThreadWaker(BlockedThread& thread) { return Waker(&kVtable, &thread); }

void CheckMayBlock() {
  ZOKIO_CHECK(!OnWorkerThread(), "BlockOn on a worker thread would block it: co_await instead");
}

}  // namespace zokio::internal
