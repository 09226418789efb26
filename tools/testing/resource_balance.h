// ResourceBalance: what a scope must give back: open descriptors, threads, heap blocks.
//
//   TEST(ListenerTest, GivesEverythingBack) {
//     ResourceBalance balance;
//     ...
//   }  // fails here, naming each descriptor, thread, and the bytes that are left
//
// Closing and ending are not always done when the call returns: a joined thread leaves /proc a
// moment later, and a ring's close may lag. So whatever is left is looked at again until it is gone
// or `settle_max` is over; only a leak waits that long.
//
// Pools keep what they have: warm them up before, or set `heap_bytes_max`. (glibc is one: it keeps
// about 300 bytes with the stack of a thread that ended.)
//
// Thread-safety: made and judged on one thread; other threads are what it looks at.
#ifndef ZOKIO_TOOLS_TESTING_RESOURCE_BALANCE_H_
#define ZOKIO_TOOLS_TESTING_RESOURCE_BALANCE_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"

namespace zokio::testing {

class ResourceBalance {
 public:
  static constexpr int64_t kAnyBytes = INT64_MAX;

  struct Options {
    Options() {}
    // How many live bytes more than at the start are no leak; kAnyBytes does not look.
    int64_t heap_bytes_max = 0;
    Duration settle_max = std::chrono::seconds(2);
  };

  explicit ResourceBalance(const Options& options = {});
  ResourceBalance(const ResourceBalance&) = delete;
  ResourceBalance& operator=(const ResourceBalance&) = delete;
  // A test failure for each leak, unless Leaks() was called, which leaves that to the caller.
  ~ResourceBalance();

  // One line for each descriptor and thread that is new, and one for the heap.
  std::vector<std::string> Leaks();

 private:
  // Number to what it is: "descriptor 5" to "socket:[123]", "thread 77" to its name.
  using Held = std::map<std::string, std::string>;

  static Held Now();
  Held New() const;

  const Options options_;
  Held before_;
  int64_t live_bytes_before_ = 0;
  int64_t live_blocks_before_ = 0;
  bool judged_ = false;
};

}  // namespace zokio::testing

#endif  // ZOKIO_TOOLS_TESTING_RESOURCE_BALANCE_H_
