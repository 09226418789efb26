#include "sched/internal/block_on.h"

#include "base/check.h"
#include "sched/internal/core.h"
#include "sched/internal/worker.h"

namespace zokio::internal {
namespace {

Waker CloneWaker(void* thread);
void WakeThread(void* thread) {
  auto* blocked = static_cast<BlockedThread*>(thread);
  blocked->waits_in_place.End();
  blocked->time_passes.End();
  blocked->parker.Unpark();  // the last touch: it may be gone from here on
}
void DropWaker(void*) {}

constexpr WakerVtable kVtable{&CloneWaker, &WakeThread, &WakeThread, &DropWaker};

Waker CloneWaker(void* thread) { return Waker(&kVtable, thread); }

}  // namespace

WaitInPlace::WaitInPlace(Core* core) {
  if (core == nullptr || core->virtual_clock() == nullptr || !core->BlockedHere()) return;
  Worker* worker = BlockedWorker::Get();
  worker_.store(worker, memory_order_relaxed);
  worker->SetWaitsInPlace(true);
  core->UnparkAll();  // the last to fall asleep again moves time
}

void WaitInPlace::End() {
  if (Worker* worker = worker_.exchange(nullptr, memory_order_acq_rel)) {
    worker->SetWaitsInPlace(false);
  }
}

Waker BlockedThreadWaker(BlockedThread& thread) { return Waker(&kVtable, &thread); }

void CheckMayBlock() {
  ZOKIO_CHECK(!OnWorkerThread(), "BlockOn on a worker thread would block it: co_await instead");
}

}  // namespace zokio::internal
