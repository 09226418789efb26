#include "mem/stack_overflow.h"

#include <signal.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/atomic.h"
#include "base/check.h"
#include "mem/internal/system_pages.h"
#include "mem/internal/thread_exit.h"
#include "mem/stack_pool.h"

namespace zokio {
namespace {

constexpr size_t kSignalStackSize = 16 << 10;

constinit Atomic<bool> installed{false};
struct sigaction previous;

// Text built without allocation: this runs in a signal handler.
class Line {
 public:
  void Add(const char* text) {
    for (; *text != '\0' && length_ < sizeof(bytes_); ++text) bytes_[length_++] = *text;
  }
  void Add(uint64_t number) {
    char digits[21];
    char* digit = digits + sizeof(digits) - 1;
    *digit = '\0';
    do {
      *--digit = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number > 0);
    Add(digit);
  }
  void Write() const {
    size_t written = 0;
    while (written < length_) {
      const ssize_t count = write(STDERR_FILENO, bytes_ + written, length_ - written);
      if (count <= 0) return;
      written += static_cast<size_t>(count);
    }
  }

 private:
  char bytes_[256];
  size_t length_ = 0;
};

void OnFault(int signal_number, siginfo_t* info, void* context) {
  StackPool::Overflow overflow;
  if (StackPool::FindOverflow(info->si_addr, &overflow)) {
    Line line;
    line.Add("zokio: stack overflow in fiber \"");
    line.Add(overflow.name == nullptr ? "unnamed" : overflow.name);
    line.Add("\" (stack ");
    line.Add(overflow.stack);
    line.Add(" of ");
    line.Add(overflow.stack_size);
    line.Add(" bytes)\n");
    line.Write();
  }
  if ((previous.sa_flags & SA_SIGINFO) != 0 && previous.sa_sigaction != nullptr) {
    return previous.sa_sigaction(signal_number, info, context);
  }
  if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    return previous.sa_handler(signal_number);
  }
  // The faulting instruction runs again, now without a handler.
  signal(signal_number, SIG_DFL);
}

void FreeSignalStack(void* stack) {
  stack_t none = {};
  none.ss_flags = SS_DISABLE;
  sigaltstack(&none, nullptr);
  mem_internal::UnmapPages(stack, kSignalStackSize);
}

}  // namespace

void StackOverflow::Install() {
  if (installed.exchange(true, memory_order_acq_rel)) return;
  struct sigaction action = {};
  action.sa_sigaction = &OnFault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  ZOKIO_CHECK(sigaction(SIGSEGV, &action, &previous) == 0, "SIGSEGV could not be handled");
}

void StackOverflow::PrepareThread() {
  stack_t current;
  if (sigaltstack(nullptr, &current) == 0 && (current.ss_flags & SS_DISABLE) == 0) return;
  void* stack = mem_internal::MapPages(kSignalStackSize);
  if (stack == nullptr) return;
  stack_t alternate = {};
  alternate.ss_sp = stack;
  alternate.ss_size = kSignalStackSize;
  if (sigaltstack(&alternate, nullptr) != 0)
    return mem_internal::UnmapPages(stack, kSignalStackSize);
  static const mem_internal::ThreadExit exit(&FreeSignalStack);
  exit.Arm(stack);
}

}  // namespace zokio
