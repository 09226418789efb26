#include "sched/internal/thread_stack.h"

#if defined(__linux__) && defined(__GLIBC__) && !defined(ZOKIO_MODEL)

#include <execinfo.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "base/atomic.h"
#include "base/mutex.h"
#include "base/parker.h"

namespace zokio::internal {
namespace {

constexpr int kNobody = 0;
constexpr int kAnswering = -1;
constexpr int kFramesMax = 64;
constexpr int kHandlerFrames = 2;  // the handler and what the kernel calls it by

// One question at a time. Whom it is put to; that thread writes the rest and says nobody.
constinit Atomic<int> g_asked{kNobody};
void* g_frames[kFramesMax];
int g_count = 0;
constinit Parker g_answered;
constinit Mutex g_asking;
constinit Atomic<bool> g_usable{false};
constinit Atomic<bool> g_fork_safe{false};

void OnSignal(int) {
  const int saved = errno;
  int asked = ThisThreadNumber();
  if (g_asked.compare_exchange_strong(asked, kAnswering, memory_order_acq_rel)) {
    g_count = backtrace(g_frames, kFramesMax);
    g_asked.store(kNobody, memory_order_release);
    g_answered.Unpark();
  }
  errno = saved;
}

std::string Names(void* const* addresses, int count) {
  if (count <= 0) return {};
  char** names = backtrace_symbols(addresses, count);
  if (names == nullptr) return {};
  std::string text;
  for (int i = 0; i < count; ++i) text.append("  ").append(names[i]).append("\n");
  std::free(names);
  return text;
}

}  // namespace

void PrepareThreadStacks() {
  // A child that is forked while somebody asks would find the lock held for ever.
  if (!g_fork_safe.exchange(true, memory_order_acq_rel)) {
    pthread_atfork([] { g_asking.Lock(); }, [] { g_asking.Unlock(); }, [] { g_asking.Unlock(); });
  }
  MutexLock lock(g_asking);
  if (g_usable.load(memory_order_relaxed)) return;
  struct sigaction old;
  if (sigaction(SIGURG, nullptr, &old) != 0 || (old.sa_flags & SA_SIGINFO) != 0 ||
      old.sa_handler != SIG_DFL) {
    return;
  }
  // Loads what unwinds now: a handler must not.
  void* frames[1];
  (void)backtrace(frames, 1);
  struct sigaction action = {};
  action.sa_handler = &OnSignal;
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  if (sigaction(SIGURG, &action, nullptr) == 0) g_usable.store(true, memory_order_release);
}

int ThisThreadNumber() { return static_cast<int>(syscall(SYS_gettid)); }

[[gnu::noinline]] int CallsOfThisThread(const void** addresses, int count_max) {
  constexpr int kSkipped = 2;
  void* frames[kFramesMax];
  const int found = backtrace(frames, std::min(count_max + kSkipped, kFramesMax));
  const int count = std::max(found - kSkipped, 0);
  std::copy_n(frames + kSkipped, count, addresses);
  return count;
}

std::string StackOfThread(int thread_number, Duration limit) {
  if (thread_number <= 0 || !g_usable.load(memory_order_acquire)) return {};
  MutexLock lock(g_asking);
  g_asked.store(thread_number, memory_order_release);
  const Instant deadline = Clock::Monotonic().Now() + limit;
  if (syscall(SYS_tgkill, getpid(), thread_number, SIGURG) != 0) {
    g_asked.store(kNobody, memory_order_relaxed);
    return {};
  }
  while (g_asked.load(memory_order_acquire) != kNobody) {
    if (g_answered.ParkUntil(deadline)) continue;
    int asked = thread_number;
    if (g_asked.compare_exchange_strong(asked, kNobody, memory_order_acq_rel)) return {};
    g_answered.Park();  // it has begun to answer
  }
  return Names(g_frames + std::min(kHandlerFrames, g_count), g_count - kHandlerFrames);
}

std::string NamesOfCode(const std::vector<const void*>& addresses) {
  std::vector<void*> code;
  code.reserve(addresses.size());
  for (const void* address : addresses) code.push_back(const_cast<void*>(address));
  return Names(code.data(), static_cast<int>(code.size()));
}

SignalStack::SignalStack() {
  stack_t now = {};
  if (sigaltstack(nullptr, &now) != 0 || (now.ss_flags & SS_DISABLE) == 0) return;
  // What the kernel saves of the processor's state, and room to unwind.
  const size_t bytes = static_cast<size_t>(std::max(sysconf(_SC_MINSIGSTKSZ), 0L)) + (48 << 10);
  memory_ = std::make_unique_for_overwrite<std::byte[]>(bytes);
  stack_t stack = {};
  stack.ss_sp = memory_.get();
  stack.ss_size = bytes;
  if (sigaltstack(&stack, nullptr) != 0) memory_.reset();
}

SignalStack::~SignalStack() {
  if (memory_ == nullptr) return;
  stack_t none = {};
  none.ss_flags = SS_DISABLE;
  sigaltstack(&none, nullptr);
}

}  // namespace zokio::internal

#else

#include <cstdio>

namespace zokio::internal {

void PrepareThreadStacks() {}
int ThisThreadNumber() { return 0; }
int CallsOfThisThread(const void**, int) { return 0; }
std::string StackOfThread(int, Duration) { return {}; }
SignalStack::SignalStack() = default;
SignalStack::~SignalStack() = default;

std::string NamesOfCode(const std::vector<const void*>& addresses) {
  std::string text;
  for (const void* address : addresses) {
    char line[32];
    std::snprintf(line, sizeof line, "  [%p]\n", address);
    text += line;
  }
  return text;
}

}  // namespace zokio::internal

#endif
