// HeapCount: how many heap blocks a thread, or the process, has taken and given back; HeapScope:
// the same since a moment.
//
// A test that links this has malloc and its kin counted: in plain builds by definitions of the
// program's own that call glibc's, under AddressSanitizer and ThreadSanitizer by their hooks. So
// operator new counts, C libraries count, and a replaced operator new counts only what it asks
// malloc for. Byte counts are usable sizes, so that giving back subtracts what taking added.
//
//   HeapScope scope;
//   queue.Push(1);
//   EXPECT_EQ(scope.allocations(), 0u);
//
// Thread-safety: any thread; ThisThread() is the caller's own.
// Cost: two relaxed additions for each call of malloc or free.
#ifndef ZOKIO_TOOLS_TESTING_HEAP_COUNT_H_
#define ZOKIO_TOOLS_TESTING_HEAP_COUNT_H_

#include <cstdint>

namespace zokio::testing {

struct HeapCount {
  uint64_t allocations = 0;
  uint64_t allocated_bytes = 0;
  uint64_t frees = 0;
  uint64_t freed_bytes = 0;

  static HeapCount ThisThread();
  // Exact where no other thread allocates just now.
  static HeapCount Process();
  // False under ThreadSanitizer, whose hooks see the end of over-aligned blocks only.
  static bool CountsAligned();

  // Negative for a thread that frees what another one took.
  int64_t live_blocks() const { return static_cast<int64_t>(allocations - frees); }
  int64_t live_bytes() const { return static_cast<int64_t>(allocated_bytes - freed_bytes); }
};

// What was allocated since its construction. Lives on one thread.
class HeapScope {
 public:
  enum class Of { kThisThread, kProcess };

  explicit HeapScope(Of of = Of::kThisThread) : of_(of), start_(Now()) {}
  HeapScope(const HeapScope&) = delete;
  HeapScope& operator=(const HeapScope&) = delete;

  uint64_t allocations() const { return Now().allocations - start_.allocations; }
  uint64_t allocated_bytes() const { return Now().allocated_bytes - start_.allocated_bytes; }
  uint64_t frees() const { return Now().frees - start_.frees; }
  // What was taken and not given back.
  int64_t live_blocks() const { return Now().live_blocks() - start_.live_blocks(); }
  int64_t live_bytes() const { return Now().live_bytes() - start_.live_bytes(); }

 private:
  HeapCount Now() const {
    return of_ == Of::kThisThread ? HeapCount::ThisThread() : HeapCount::Process();
  }

  const Of of_;
  const HeapCount start_;
};

}  // namespace zokio::testing

#endif  // ZOKIO_TOOLS_TESTING_HEAP_COUNT_H_
