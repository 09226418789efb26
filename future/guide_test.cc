// The programs that docs/guide/futures.md prints: guide_text_test compares them word by word.
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "future/cancellation.h"
#include "future/from_callback.h"
#include "future/join.h"
#include "future/local_executor.h"
#include "future/map.h"
#include "future/mpsc.h"
#include "future/mutex.h"
#include "future/poll_fn.h"
#include "future/select.h"
#include "future/shared.h"
#include "future/shield.h"
#include "future/spawn.h"
#include "future/stream.h"
#include "future/stream_adaptors.h"
#include "future/stream_buffered.h"
#include "future/task.h"
#include "future/task_scope.h"
#include "future/testing.h"
#include "future/timeout.h"
#include "future/unordered.h"
#include "future/with_cancel.h"
#include "future/yield.h"
#include "gtest/gtest.h"

namespace zokio {
namespace {

Task<int> Twice(int x) { co_return 2 * x; }

Task<int> Sum(int a, int b) {
  int first = co_await Twice(a);  // runs now, on this thread, without a queue
  int second = co_await Twice(b);
  co_return first + second;
}

Task<Result<int>> Parse(std::string text) {
  if (text.empty()) co_return Error(ErrorCode::kInvalidArgument, "no digits");
  co_return static_cast<int>(text.size());
}

Task<Result<int>> ParseBoth(std::string a, std::string b) {
  int first = co_await Try(Parse(std::move(a)));  // an error ends this body with it
  int second = co_await Try(Parse(std::move(b)));
  co_return first + second;
}

int Spawned() {
  LocalExecutor executor;  // or the executor of a Runtime: the same code
  JoinHandle<int> handle = Spawn(executor, Sum(1, 2));
  std::move(Spawn(executor, Twice(1))).Detach();  // dropped without this, it would be cancelled
  Result<int> answer = executor.BlockOn(std::move(handle));
  return *answer;
}

Task<int> Both() {
  auto [a, b] = co_await Join(Twice(1), Twice(2));      // both at once, both answers
  auto first = co_await Select(Never(), Twice(a + b));  // the first that is ready
  co_return std::get<1>(first);
}

Task<bool> TooSlow() {
  Result<void> answer = co_await Timeout(Never(), std::chrono::milliseconds(10));
  co_return !answer.ok() && answer.error().code() == ErrorCode::kDeadlineExceeded;
}

Task<int> SquaresOf(std::vector<int> numbers) {
  int sum = 0;
  AsyncMutex mutex;
  auto add_square = [&](int x) -> Task<> {
    auto guard = co_await mutex.Lock();
    sum += x * x;
  };
  // At most two children at a time; none outlives the scope.
  co_await WithScope(ScopeLimit(2), [&](TaskScope& scope) -> Task<> {
    for (int x : numbers) scope.Spawn(add_square(x));
    co_return;
  });
  co_return sum;
}

Task<ErrorCode> StopIt() {
  CancelSource source;
  auto work = []() -> Task<> {
    CancelToken token = co_await CurrentToken();  // inherited, nobody handed it on
    co_await token.Cancelled();
    co_await Never();  // any await is a point at which it may end
  };
  source.Cancel();
  Result<void> answer = co_await WithCancel(source.token(), work());
  co_return answer.error().code();
}

Task<> WithGoodbye(bool* said) {
  auto goodbye = [said]() -> Task<> {
    co_await Yield();  // clean-up may wait, also when the work was cancelled
    *said = true;
  };
  co_await Finally(Never(), goodbye);
}

Task<> Produce(MpscSender<int> sender) {
  for (int i = 1; i <= 100; ++i) {
    Result<void> sent = co_await sender.Send(i);  // waits while the channel is full
    if (!sent.ok()) co_return;                    // the receiver is gone
  }
}

Task<int> Consume(MpscReceiver<int> receiver) {
  int sum = 0;
  std::vector<int> batch;
  while (co_await receiver.RecvMany(&batch, 16) != 0) {  // 0: all senders are gone
    for (int i : batch) sum += i;
    batch.clear();
  }
  co_return sum;
}

Task<int> ThroughAChannel() {
  auto [sender, receiver] = MakeMpsc<int>(8);
  auto [done, sum] = co_await Join(Produce(std::move(sender)), Consume(std::move(receiver)));
  co_return sum;
}

Stream<int> Count(int n) {
  for (int i = 0; i < n; ++i) {
    co_await Yield();
    co_yield i;
  }
}

Task<std::vector<int>> Streams() {
  auto odd = Filter(Count(100), [](int i) { return i % 2 == 1; });
  auto doubled = Buffered(Map(std::move(odd), Twice), 4);  // four at once, in order
  co_return co_await Collect(Take(std::move(doubled), 3));
}

Task<int> AsTheyCome() {
  Unordered<TaskFuture<int>> set;
  for (int i = 0; i < 1000; ++i) set.Push(Twice(i));
  int sum = 0;
  while (auto answer = co_await set.Next()) sum += *answer;  // polls only what was woken
  co_return sum;
}

Task<int> LoadedOnce() {
  int loads = 0;
  auto load = [&loads]() -> Task<int> {
    ++loads;
    co_await Yield();
    co_return 42;
  };
  auto config = Shared(load());
  auto again = config;
  int a = co_await config;
  int b = co_await again;
  co_return a == b ? loads : -1;
}

// A future is any type with a poll like this one: ready, or pending with the waker kept.
class Gate {
 public:
  void Open() {
    open_ = true;
    std::move(waker_).Wake();
  }
  Poll<void> poll(Context& context) {
    if (open_) return kReady;
    waker_ = context.waker().Clone();
    return kPending;
  }

 private:
  bool open_ = false;
  Waker waker_;
};
static_assert(Future<Gate>);

// What a callback interface of another library may look like.
void QueryLater(std::function<void(int)> answer) { answer(7); }

Task<int> Query() {
  Result<int> row = co_await FromCallback<int>([](Completer<int> done) {
    auto shared = std::make_shared<Completer<int>>(std::move(done));
    QueryLater([shared](int value) { std::move (*shared)(value); });
  });
  co_return row.ok() ? *row : -1;
}

TEST(GuideTest, Tasks) {
  EXPECT_EQ(BlockOn(Sum(1, 2)), 6);
  EXPECT_EQ(Spawned(), 6);
}

TEST(GuideTest, Errors) {
  EXPECT_EQ(*BlockOn(ParseBoth("ab", "c")), 3);
  EXPECT_EQ(BlockOn(ParseBoth("ab", "")).error().code(), ErrorCode::kInvalidArgument);
}

TEST(GuideTest, Combinators) { EXPECT_EQ(BlockOn(Both()), 12); }

TEST(GuideTest, Timeouts) {
  testing::VirtualTimer timer;
  LocalExecutor executor(&timer);
  auto handle = Spawn(executor, TooSlow());
  executor.RunUntilIdle();
  timer.Advance(std::chrono::milliseconds(10));
  EXPECT_TRUE(*executor.BlockOn(std::move(handle)));
}

TEST(GuideTest, Scopes) { EXPECT_EQ(BlockOn(SquaresOf({1, 2, 3})), 14); }

TEST(GuideTest, Cancellation) {
  EXPECT_EQ(BlockOn(StopIt()), ErrorCode::kCancelled);
  LocalExecutor executor;
  bool said = false;
  {
    auto handle = Spawn(executor, WithGoodbye(&said));
    executor.RunUntilIdle();
  }
  executor.RunUntilIdle();
  EXPECT_TRUE(said);
}

TEST(GuideTest, Channels) { EXPECT_EQ(BlockOn(ThroughAChannel()), 5050); }

TEST(GuideTest, Streams) { EXPECT_EQ(BlockOn(Streams()), (std::vector<int>{2, 6, 10})); }

TEST(GuideTest, Sets) {
  EXPECT_EQ(BlockOn(AsTheyCome()), 999'000);
  EXPECT_EQ(BlockOn(LoadedOnce()), 1);
}

TEST(GuideTest, Futures) {
  testing::ManualContext manual;
  Gate gate;
  EXPECT_TRUE(gate.poll(manual.context).pending());
  gate.Open();
  EXPECT_EQ(manual.counter.wakes(), 1);
  EXPECT_TRUE(gate.poll(manual.context).ready());
  EXPECT_EQ(BlockOn(Query()), 7);
}

}  // namespace
}  // namespace zokio
