// WatchForBlockingCalls: runs a body and reports each system call that a worker thread should not
// have made, because it can block.
//
// A seccomp filter holds the list of calls that never block, and of those in which a worker's
// driver may wait (futex, epoll_wait and its kin, io_uring_enter). Whatever is on no list traps: a
// handler notes the call where the thread is a watched one, and then makes it, so that the program
// goes on as without the filter. Calls that block or not by their descriptor (read, accept4, ...)
// are looked at one by one: a descriptor in non-blocking mode passes, and so does MSG_DONTWAIT;
// files never do.
//
//   auto report = WatchForBlockingCalls({}, [] {
//     Runtime runtime;              // its threads are made inside, so the filter holds for them
//     runtime.BlockOn(Work());
//   });
//   EXPECT_EQ(report.ToString(), "");
//
// Thread-safety: one at a time in a process; a second one fails a CHECK.
// Errors: where WhyBlockingCallsAreNotWatched() says something, a test skips with that reason.
// Limits: the body starts no program (exec keeps the filter, not the handler), and its threads do
//   not block SIGSYS. x86-64 Linux.
// Cost: about 2 us for a call that traps; calls on the lists run at full speed.
// Source: seccomp(2), SECCOMP_RET_TRAP; the filter lets pass what one instruction of ours calls.
#ifndef ZOKIO_TOOLS_TESTING_BLOCKING_CALLS_H_
#define ZOKIO_TOOLS_TESTING_BLOCKING_CALLS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace zokio::testing {

struct BlockingCallOptions {
  BlockingCallOptions() {}
  // A thread is watched if its name starts so. Empty: every thread of the body, and its own.
  std::string thread_prefix = "zokio-";
};

struct BlockingCallReport {
  // Name of the system call to how often a watched thread made it.
  std::map<std::string, uint64_t> calls;
  // How many threads took a name that is watched: 0 means that nothing was.
  uint64_t watched_threads = 0;

  // "nanosleep 1, pread64 3"; empty where there is nothing to report.
  std::string ToString() const;
};

// Why there is no watching here; an empty string where there is.
std::string WhyBlockingCallsAreNotWatched();

// Runs `body` on a thread of its own, which ends before this returns.
BlockingCallReport WatchForBlockingCalls(const BlockingCallOptions& options,
                                         std::function<void()> body);

}  // namespace zokio::testing

#endif  // ZOKIO_TOOLS_TESTING_BLOCKING_CALLS_H_
