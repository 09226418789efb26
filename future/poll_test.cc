#include "future/poll.h"

#include <memory>

#include "future/future.h"
#include "gtest/gtest.h"

namespace zokio {
namespace {

static_assert(sizeof(Waker) == 2 * sizeof(void*));

TEST(PollTest, PendingHasNoValue) {
  Poll<int> poll = kPending;
  EXPECT_TRUE(poll.pending());
  EXPECT_FALSE(poll.ready());
}

TEST(PollTest, ReadyMovesItsValueOut) {
  Poll<std::unique_ptr<int>> poll = std::make_unique<int>(7);
  ASSERT_TRUE(poll.ready());
  std::unique_ptr<int> value = std::move(poll).value();
  EXPECT_EQ(*value, 7);
}

TEST(PollTest, VoidIsReadyOrPending) {
  Poll<void> ready = kReady;
  Poll<void> pending = kPending;
  EXPECT_TRUE(ready.ready());
  EXPECT_TRUE(pending.pending());
}

#ifndef NDEBUG
TEST(PollDeathTest, ValueOfPendingIsCaught) {
  Poll<int> poll = kPending;
  EXPECT_DEATH((void)poll.value(), "value of a pending Poll");
}
#endif

struct Good {
  Poll<int> poll(Context&) { return 1; }
};
struct NoPoll {};
struct WrongReturn {
  int poll(Context&) { return 1; }
};
struct SlowToLeave {
  Poll<void> poll(Context&) { return kPending; }
  Poll<void> poll_cancel(Context&) { return kReady; }
};

static_assert(Future<Good>);
static_assert(!Future<NoPoll>);
static_assert(HasPollMember<WrongReturn> && !Future<WrongReturn>);
static_assert(!AsyncCancellable<Good> && AsyncCancellable<SlowToLeave>);
static_assert(std::is_same_v<OutputOf<Good>, int>);

TEST(WakerTest, EmptyWakerDoesNothing) {
  Waker empty;
  empty.WakeByRef();
  Waker clone = empty.Clone();
  std::move(clone).Wake();
  EXPECT_FALSE(static_cast<bool>(empty));
  EXPECT_TRUE(empty.WillWake(NoopWaker()));
}

}  // namespace
}  // namespace zokio
