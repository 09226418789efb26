#include "mem/stack_overflow.h"

#include <gtest/gtest.h>
#include <setjmp.h>
#include <signal.h>
#include <unistd.h>

#include "base/context_switch.h"
#include "base/thread.h"
#include "mem/stack_pool.h"

namespace zokio {
namespace {

constexpr bool kSanitized = mem_internal::kAddressSanitizer || mem_internal::kThreadSanitizer;

struct Fiber {
  ExecutionContext main;
  ExecutionContext fiber;
};

[[gnu::noinline]] int Recurse(int depth) {
  volatile char frame[512];
  frame[0] = static_cast<char>(depth);
  if (depth == 0) return 0;
  return Recurse(depth - 1) + frame[0];
}

void OverflowInFiber(const char* name, bool marker_guards) {
  Result<std::unique_ptr<StackPool>> pool =
      StackPool::Create({.stack_size = 32 << 10, .marker_guards = marker_guards});
  if (!pool.ok()) return;
  const StackSpan stack = (*pool)->Get();
  (*pool)->SetName(stack, name);
  StackOverflow::PrepareThread();
  Fiber fiber;
  MakeContext(
      fiber.fiber, stack.begin, stack.size,
      [](void* argument) {
        Recurse(1 << 20);
        auto* self = static_cast<Fiber*>(argument);
        SwitchContextFinal(self->fiber, self->main);
      },
      &fiber);
  SwitchContext(fiber.main, fiber.fiber);
}

TEST(StackOverflowDeathTest, NamesTheFiber) {
  if (kSanitized) GTEST_SKIP() << "the sanitizer handles SIGSEGV itself";
  for (bool marker_guards : {true, false}) {
    EXPECT_EXIT(
        {
          StackOverflow::Install();
          OverflowInFiber("resolver", marker_guards);
        },
        testing::KilledBySignal(SIGSEGV),
        "zokio: stack overflow in fiber \"resolver\" \\(stack 0 of 32768 bytes\\)");
  }
}

TEST(StackOverflowDeathTest, NamesAFiberOfAnyThread) {
  if (kSanitized) GTEST_SKIP() << "the sanitizer handles SIGSEGV itself";
  EXPECT_EXIT(
      {
        StackOverflow::Install();
        Result<Thread> thread = Thread::Start("w", [] { OverflowInFiber(nullptr, true); });
        thread->Join();
      },
      testing::KilledBySignal(SIGSEGV), "stack overflow in fiber \"unnamed\"");
}

TEST(StackOverflowDeathTest, LeavesOtherFaultsToWhoHandledThemBefore) {
  if (kSanitized) GTEST_SKIP() << "the sanitizer handles SIGSEGV itself";
  EXPECT_EXIT(
      {
        signal(SIGSEGV, [](int) { _exit(42); });
        StackOverflow::Install();
        StackOverflow::Install();
        StackOverflow::PrepareThread();
        *reinterpret_cast<volatile int*>(8) = 1;
      },
      testing::ExitedWithCode(42), "^$");
}

sigjmp_buf after_fault;

// In this process, so that the program goes on: whoever handled faults before may mend them.
TEST(StackOverflow, NamesTheFiberAndLetsTheHandlerBeforeDecide) {
  if (kSanitized) GTEST_SKIP() << "the sanitizer handles SIGSEGV itself";
  struct sigaction before = {};
  before.sa_sigaction = [](int, siginfo_t*, void*) { siglongjmp(after_fault, 1); };
  before.sa_flags = SA_SIGINFO;
  ASSERT_EQ(sigaction(SIGSEGV, &before, nullptr), 0);
  StackOverflow::Install();
  Result<std::unique_ptr<StackPool>> pool = StackPool::Create({.stack_size = 32 << 10});
  ASSERT_TRUE(pool.ok());
  const StackSpan stack = (*pool)->Get();
  (*pool)->SetName(stack, "mended");
  testing::internal::CaptureStderr();
  if (sigsetjmp(after_fault, 1) == 0) {
    *const_cast<volatile char*>(stack.begin - 1) = 1;
    ADD_FAILURE() << "the guard let it pass";
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "zokio: stack overflow in fiber \"mended\" (stack 0 of 32768 bytes)\n");
  (*pool)->Put(stack);
}

TEST(StackOverflow, AThreadsSignalStackGoesWithIt) {
  for (int i = 0; i < 100; ++i) {
    Result<Thread> thread = Thread::Start("w", [] {
      StackOverflow::PrepareThread();
      StackOverflow::PrepareThread();
      stack_t current;
      EXPECT_EQ(sigaltstack(nullptr, &current), 0);
      EXPECT_EQ(current.ss_flags & SS_DISABLE, 0);
    });
    ASSERT_TRUE(thread.ok());
  }
}

TEST(StackOverflow, FindsNothingOutsideGuards) {
  Result<std::unique_ptr<StackPool>> pool = StackPool::Create({});
  ASSERT_TRUE(pool.ok());
  const StackSpan stack = (*pool)->Get();
  StackPool::Overflow overflow;
  EXPECT_TRUE(StackPool::FindOverflow(stack.begin - 1, &overflow));
  EXPECT_EQ(overflow.stack_size, stack.size);
  EXPECT_FALSE(StackPool::FindOverflow(stack.begin, &overflow));
  EXPECT_FALSE(StackPool::FindOverflow(stack.end() - 1, &overflow));
  EXPECT_FALSE(StackPool::FindOverflow(&overflow, &overflow));
  (*pool)->Put(stack);
}

}  // namespace
}  // namespace zokio
