#include "sched/internal/block_on.h"

#include "base/check.h"
#include "sched/internal/core.h"

namespace zokio::internal {
namespace {

Waker CloneParkerWaker(void* parker);
void UnparkThread(void* parker) { static_cast<Parker*>(parker)->Unpark(); }
void DropParkerWaker(void*) {}

constexpr WakerVtable kParkerWakerVtable{&CloneParkerWaker, &UnparkThread, &UnparkThread,
                                         &DropParkerWaker};

Waker CloneParkerWaker(void* parker) { return Waker(&kParkerWakerVtable, parker); }

}  // namespace

Waker ParkerWaker(Parker& parker) { return Waker(&kParkerWakerVtable, &parker); }

void CheckMayBlock() {
  ZOKIO_CHECK(!OnWorkerThread(), "BlockOn on a worker thread would block it: co_await instead");
}

}  // namespace zokio::internal
