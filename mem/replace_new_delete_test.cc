// A program whose operator new and delete are the tiered allocator's.

#include <gtest/gtest.h>

#include <memory>
#include <new>
#include <string>
#include <vector>

#include "base/thread.h"
#include "mem/allocator.h"
#include "mem/internal/sanitizer.h"

namespace zokio {
namespace {

TEST(ReplaceNewDelete, ObjectsComeFromTheTieredAllocator) {
  if (mem_internal::kAddressSanitizer || mem_internal::kThreadSanitizer) {
    GTEST_SKIP() << "pass-through to malloc";
  }
  auto object = std::make_unique<char[]>(1000);
  EXPECT_EQ(UsableSize(object.get()), 1024u);
}

TEST(ReplaceNewDelete, EveryFormOfNewAndDeleteFitsTogether) {
  for (size_t size : {size_t{1}, size_t{100}, size_t{70'000}}) {
    for (size_t alignment : {size_t{32}, size_t{4096}, size_t{65'536}}) {
      const auto aligned = static_cast<std::align_val_t>(alignment);
      void* blocks[4] = {::operator new(size, aligned), ::operator new[](size, aligned),
                         ::operator new(size, aligned, std::nothrow),
                         ::operator new[](size, aligned, std::nothrow)};
      for (void* block : blocks) {
        EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % alignment, 0u);
      }
      ::operator delete(blocks[0], size, aligned);
      ::operator delete[](blocks[1], size, aligned);
      ::operator delete(blocks[2], aligned);
      ::operator delete[](blocks[3], aligned, std::nothrow);
    }
    ::operator delete(::operator new(size), size);
    ::operator delete[](::operator new[](size), size);
    ::operator delete(::operator new(size, std::nothrow));
    ::operator delete[](::operator new[](size, std::nothrow), std::nothrow);
  }
}

TEST(ReplaceNewDelete, ExhaustionCallsTheHandlerAndThrows) {
  if (mem_internal::kAddressSanitizer || mem_internal::kThreadSanitizer) {
    GTEST_SKIP() << "a sanitizer's malloc aborts instead";
  }
  static int calls = 0;
  std::set_new_handler([] {
    if (++calls == 2) std::set_new_handler(nullptr);
  });
  volatile size_t impossible = SIZE_MAX / 2;
  EXPECT_THROW(static_cast<void>(::operator new(impossible)), std::bad_alloc);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(::operator new(impossible, std::nothrow), nullptr);
}

TEST(ReplaceNewDelete, ThreadsHandObjectsOver) {
  std::vector<std::string> made;
  Result<Thread> thread = Thread::Start("maker", [&] {
    for (int i = 0; i < 10'000; ++i)
      made.push_back("a string that needs memory: " + std::to_string(i));
  });
  ASSERT_TRUE(thread.ok());
  thread->Join();
  EXPECT_EQ(made.size(), 10'000u);
  EXPECT_TRUE(made[1234].ends_with("1234"));
}

}  // namespace
}  // namespace zokio
