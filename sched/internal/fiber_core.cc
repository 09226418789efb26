#include "sched/internal/fiber_core.h"

#include <cxxabi.h>

#include <utility>

#include "base/check.h"

namespace zokio::internal {

FiberCore::FiberCore(FiberCore&& other) noexcept : pool_(other.pool_) {
  ZOKIO_CHECK(!other.started_, "a fiber was moved after its first poll");
}

FiberCore::~FiberCore() { ZOKIO_CHECK(!suspended(), "a fiber's stack cannot be dropped"); }

bool FiberCore::Start(void (*body)(void* argument), void* argument) {
  stack_ = pool_->Get();
  if (!stack_) return false;
  body_ = body;
  argument_ = argument;
  MakeContext(fiber_, stack_.begin, stack_.size, &Entry, this);
  started_ = true;
  return true;
}

bool FiberCore::Resume(Context& context) {
  context_ = &context;
  // The fiber rests again on the thread that it was resumed on.
  ExceptionState& of_thread = ThreadExceptions();
  std::swap(of_thread, exceptions_);
  SwitchContext(poller_, fiber_);
  std::swap(of_thread, exceptions_);
  context_ = nullptr;
  if (!ended_) return false;
  DestroyContext(fiber_);
  pool_->Put(std::exchange(stack_, StackSpan()));
  return true;
}

void FiberCore::Suspend() { SwitchContext(fiber_, poller_); }

void FiberCore::Entry(void* core) {
  auto* self = static_cast<FiberCore*>(core);
  self->body_(self->argument_);
  self->ended_ = true;
  SwitchContextFinal(self->fiber_, self->poller_);
}

// Out of line: the address belongs to the thread, and the runtime declares the call to be constant.
[[gnu::noinline]] FiberCore::ExceptionState& FiberCore::ThreadExceptions() {
  return *reinterpret_cast<ExceptionState*>(abi::__cxa_get_globals());
}

}  // namespace zokio::internal
