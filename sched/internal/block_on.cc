#include "sched/internal/block_on.h"

#include "base/check.h"
#include "sched/internal/core.h"

namespace zokio::internal {
namespace {

Waker CloneWaker(void* thread);
void WakeThread(void* thread) {
  auto* blocked = static_cast<BlockedThread*>(thread);
  blocked->time_passes.End();
  blocked->parker.Unpark();  // the last touch: it may be gone from here on
}
void DropWaker(void*) {}

constexpr WakerVtable kVtable{&CloneWaker, &WakeThread, &WakeThread, &DropWaker};

Waker CloneWaker(void* thread) { return Waker(&kVtable, thread); }

}  // namespace

Waker BlockedThreadWaker(BlockedThread& thread) { return Waker(&kVtable, &thread); }

void CheckMayBlock() {
  ZOKIO_CHECK(!OnWorkerThread(), "BlockOn on a worker thread would block it: co_await instead");
}

}  // namespace zokio::internal
