// The part of ActorLoop that runs coroutines.
#include <utility>

#include "actor/internal/loop.h"

namespace zokio::internal {

void ActorLoop::Launch(ActorCell* cell, Activation* activation, ActivationKind kind) {
  activation->target = cell;
  activation->generation = cell->generation();
  activation->kind = kind;
  activation->trace = trace_;
  activation->next_of_cell = cell->activations;
  if (cell->activations != nullptr) cell->activations->previous_of_cell = activation;
  cell->activations = activation;
  if (kind == ActivationKind::kHandler) cell->flags |= ActorCell::kBusy;
  cell->flags &= ~ActorCell::kTold;  // a stop that is under way tells this one too
  PollActivation(activation);
}

void ActorLoop::RunWoken() {
  EnvelopeList woken = std::exchange(woken_, EnvelopeList());
  while (!woken.empty()) {
    auto* activation = static_cast<Activation*>(woken.PopFront());
    if (activation->ended) {
      --in_transit_;
    } else {
      activation->notified.exchange(false, memory_order_acq_rel);
      PollActivation(activation);
    }
    activation->Unref();
  }
}

void ActorLoop::PollActivation(Activation* activation) {
  ActorCell* outer = std::exchange(running_, activation->target);
  Envelope* outer_message = std::exchange(message_, nullptr);
  Activation* outer_active = std::exchange(active_, activation);
  const uint64_t outer_trace = std::exchange(trace_, activation->trace);
  Waker waker = activation->BorrowedWaker();
  context_->environment().budget = kPollBudget;
  Context context = context_->WithWaker(waker);
  bool done = activation->cancelled ? activation->table->poll_cancel(activation, context)
                                    : activation->table->poll(*this, activation, context);
  waker.Release();
  if (done) EndActivation(activation);
  active_ = outer_active;
  message_ = outer_message;
  trace_ = outer_trace;
  running_ = outer;
}

void ActorLoop::EndActivation(Activation* activation) {
  ActorCell* cell = activation->target;
  activation->ended = true;
  // From now on it stays notified. A waker that was faster has it on its way here.
  if (activation->notified.exchange(true, memory_order_acq_rel)) ++in_transit_;
  if (activation->previous_of_cell != nullptr) {
    activation->previous_of_cell->next_of_cell = activation->next_of_cell;
  } else {
    cell->activations = activation->next_of_cell;
  }
  if (activation->next_of_cell != nullptr) {
    activation->next_of_cell->previous_of_cell = activation->previous_of_cell;
  }
  if (activation->kind == ActivationKind::kHandler) cell->flags &= ~ActorCell::kBusy;
  activation->table->drop(activation);
  activation->Unref();
  constexpr uint32_t kEnding = ActorCell::kStopping | ActorCell::kRestarting;
  if (cell->HasMail() || (cell->flags & kEnding) != 0) Queue(cell);
}

void ActorLoop::CancelActivation(Activation* activation) {
  if (activation->ended || activation->cancelled) return;
  activation->cancelled = true;
  PollActivation(activation);
}

}  // namespace zokio::internal
