#include "sched/internal/process.h"

#include "base/atomic.h"

#if defined(__unix__) && !defined(ZOKIO_MODEL)
#include <pthread.h>
#endif

namespace zokio::internal {
namespace {

#if defined(__unix__) && !defined(ZOKIO_MODEL)
constinit Atomic<uint32_t> g_generation{0};
constinit Atomic<bool> g_watching{false};

constinit Atomic<void (*)()> g_in_child{nullptr};

void InChild() {
  g_generation.fetch_add(1, memory_order_relaxed);
  g_in_child.load(memory_order_acquire)();
}
#endif

}  // namespace

void WatchForFork([[maybe_unused]] void (*in_child)()) {
#if defined(__unix__) && !defined(ZOKIO_MODEL)
  g_in_child.store(in_child, memory_order_release);
  if (g_watching.exchange(true, memory_order_acq_rel)) return;
  pthread_atfork(nullptr, nullptr, &InChild);
#endif
}

uint32_t ProcessGeneration() {
#if defined(__unix__) && !defined(ZOKIO_MODEL)
  return g_generation.load(memory_order_relaxed);
#else
  return 0;
#endif
}

}  // namespace zokio::internal
