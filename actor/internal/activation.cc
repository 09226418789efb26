#include "actor/internal/activation.h"

#include "actor/internal/loop.h"

namespace zokio::internal {
namespace {

void DiscardWake(Envelope* envelope) { static_cast<Activation*>(envelope)->Unref(); }

constexpr MessageType kWakeType{Lane::kWake, nullptr, &DiscardWake, "wake", true};

void Wake(Activation* activation) {
  if (activation->notified.exchange(true, memory_order_acq_rel)) return;
  activation->references.fetch_add(1, memory_order_relaxed);
  ActorLoop::Send(activation);
}

Waker CloneWaker(void* data);
void WakeAndDrop(void* data) {
  auto* activation = static_cast<Activation*>(data);
  Wake(activation);
  activation->Unref();
}
void WakeByRef(void* data) { Wake(static_cast<Activation*>(data)); }
void DropWaker(void* data) { static_cast<Activation*>(data)->Unref(); }

constexpr WakerVtable kActivationWaker{&CloneWaker, &WakeAndDrop, &WakeByRef, &DropWaker};

Waker CloneWaker(void* data) {
  static_cast<Activation*>(data)->references.fetch_add(1, memory_order_relaxed);
  return Waker(&kActivationWaker, data);
}

}  // namespace

Activation::Activation(const Table* activation_table) : table(activation_table) {
  type = &kWakeType;
}

Waker Activation::BorrowedWaker() { return Waker(&kActivationWaker, this); }

void Activation::Unref() {
  if (references.fetch_sub(1, memory_order_acq_rel) == 1) table->free(this);
}

}  // namespace zokio::internal
