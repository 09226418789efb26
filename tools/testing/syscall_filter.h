// SyscallFilter: hands the system calls of a thread, and of all it starts, to a judge.
//
// The low half of blocking_calls.h: a seccomp filter with a list of calls that pass at once. Any
// other raises SIGSYS; the handler asks the judge, which may look at the arguments, and makes the
// call by PassedCall, the one place whose calls the filter lets through.
//
// Thread-safety: Install acts on the calling thread and what it starts later, for their lifetime.
//   The judge runs in a signal handler on any of them: no locks, no allocation, and system calls
//   only by PassedCall.
// Errors: Install answers the negative errno of the kernel.
#ifndef ZOKIO_TOOLS_TESTING_SYSCALL_FILTER_H_
#define ZOKIO_TOOLS_TESTING_SYSCALL_FILTER_H_

#include <string>

namespace zokio::testing {

struct SyscallArguments {
  long number;
  long values[6];
};

// Called for every call that is not on the list, before it is made.
using SyscallJudge = void (*)(const SyscallArguments& call);

class SyscallFilter {
 public:
#if defined(__linux__) && defined(__x86_64__)
  static constexpr bool kHere = true;
#else
  static constexpr bool kHere = false;
#endif

  // 0, or a negative errno. The filter cannot be taken off a thread; `judge` can be changed.
  static int Install(SyscallJudge judge);

  // Makes a system call past the filter: its result, or a negative errno.
  static long PassedCall(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                         long f = 0);

  // "pread64", or "syscall 17" for one without a name here.
  static std::string NameOf(int number);
};

}  // namespace zokio::testing

#endif  // ZOKIO_TOOLS_TESTING_SYSCALL_FILTER_H_
