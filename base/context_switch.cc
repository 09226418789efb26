#include "base/context_switch.h"

#include <cstdint>
#include <cstring>

#include "base/check.h"

#if defined(__SANITIZE_ADDRESS__)
#define ZOKIO_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ZOKIO_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define ZOKIO_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ZOKIO_TSAN 1
#endif
#endif

#ifdef ZOKIO_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef ZOKIO_TSAN
#include <sanitizer/tsan_interface.h>
#endif

#if ZOKIO_HAS_CONTEXT_SWITCH

extern "C" {
void zokio_context_switch(void** save_stack_pointer, void* stack_pointer);
void zokio_context_entry();
}

namespace zokio {
namespace {

struct EntryArguments {
  void (*entry)(void*);
  void* argument;
};

#ifdef ZOKIO_ASAN
// The context that the running thread just left: its stack's bounds are learnt on arrival.
thread_local ExecutionContext* left = nullptr;

[[gnu::noinline]] void FinishSwitch(void* fake_stack) {
  ExecutionContext* from = left;
  __sanitizer_finish_switch_fiber(fake_stack, &from->stack_bottom, &from->stack_size);
}
#endif

// The first function on a new stack; lives at its top.
void Begin(void* raw) {
#ifdef ZOKIO_ASAN
  FinishSwitch(nullptr);
#endif
  const EntryArguments arguments = *static_cast<const EntryArguments*>(raw);
  arguments.entry(arguments.argument);
  ZOKIO_CHECK(false, "the entry function of a context returned");
}

// Tells the sanitizers that `to` runs next on this thread.
// Inlined even in plain builds: ThreadSanitizer counts calls and returns per fiber.
[[gnu::always_inline]] inline void AnnounceSwitch([[maybe_unused]] ExecutionContext& from,
                                                  [[maybe_unused]] ExecutionContext& to,
                                                  [[maybe_unused]] bool final) {
#ifdef ZOKIO_ASAN
  left = &from;
  __sanitizer_start_switch_fiber(final ? nullptr : &from.fake_stack, to.stack_bottom,
                                 to.stack_size);
#endif
#ifdef ZOKIO_TSAN
  // A thread's own context may have stood for another thread before.
  if (!from.tsan_owned) from.tsan_fiber = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(to.tsan_fiber, 0);
#endif
}

}  // namespace

void MakeContext(ExecutionContext& context, void* stack_bottom, size_t stack_size,
                 void (*entry)(void*), void* argument) {
  ZOKIO_CHECK(stack_size >= 4096, "a stack this small leaves no room for a signal or a printf");
  uintptr_t top = reinterpret_cast<uintptr_t>(stack_bottom) + stack_size;
  top = (top & ~uintptr_t{15}) - sizeof(EntryArguments);
  auto* arguments = reinterpret_cast<EntryArguments*>(top);
  *arguments = {entry, argument};
  const void* begin = reinterpret_cast<const void*>(&Begin);
  const void* trampoline = reinterpret_cast<const void*>(&zokio_context_entry);
#if defined(__x86_64__)
  // Eight words: control words, r12 to r15, rbx, rbp, return address. The trampoline starts with
  // a stack pointer of multiple of 16, as its call instruction needs.
  uint32_t control[2] = {0x1F80, 0x037F};
  const void* words[8] = {nullptr, begin,   arguments, nullptr,
                          nullptr, nullptr, nullptr,   trampoline};
  std::memcpy(&words[0], control, sizeof control);
  uintptr_t stack_pointer = top - 64;
#else
  const void* words[22] = {};
  words[0] = begin;
  words[1] = arguments;
  words[11] = trampoline;
  uintptr_t stack_pointer = top - 176;
#endif
  std::memcpy(reinterpret_cast<void*>(stack_pointer), words, sizeof words);
  context.stack_pointer = reinterpret_cast<void*>(stack_pointer);
  context.stack_bottom = stack_bottom;
  context.stack_size = stack_size;
  context.fake_stack = nullptr;
#ifdef ZOKIO_TSAN
  context.tsan_fiber = __tsan_create_fiber(0);
  context.tsan_owned = true;
#endif
}

void SwitchContext(ExecutionContext& from, ExecutionContext& to) {
  AnnounceSwitch(from, to, false);
  zokio_context_switch(&from.stack_pointer, to.stack_pointer);
#ifdef ZOKIO_ASAN
  FinishSwitch(from.fake_stack);
#endif
}

void SwitchContextFinal(ExecutionContext& from, ExecutionContext& to) {
  AnnounceSwitch(from, to, true);
  zokio_context_switch(&from.stack_pointer, to.stack_pointer);
  __builtin_unreachable();
}

void DestroyContext([[maybe_unused]] ExecutionContext& context) {
#ifdef ZOKIO_TSAN
  if (context.tsan_owned) __tsan_destroy_fiber(context.tsan_fiber);
  context.tsan_owned = false;
  context.tsan_fiber = nullptr;
#endif
}

}  // namespace zokio

#endif  // ZOKIO_HAS_CONTEXT_SWITCH
