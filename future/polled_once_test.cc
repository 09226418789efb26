// Every future and combinator notices that it is polled after it was ready, and says so.
#include <chrono>
#include <utility>
#include <vector>

#include "future/any_future.h"
#include "future/barrier.h"
#include "future/broadcast.h"
#include "future/cancellation.h"
#include "future/condvar.h"
#include "future/event.h"
#include "future/from_callback.h"
#include "future/join.h"
#include "future/join_all.h"
#include "future/latch.h"
#include "future/lazy.h"
#include "future/local_executor.h"
#include "future/map.h"
#include "future/mpmc.h"
#include "future/mpsc.h"
#include "future/mutex.h"
#include "future/notify.h"
#include "future/oneshot.h"
#include "future/poll_fn.h"
#include "future/race.h"
#include "future/rendezvous.h"
#include "future/rwlock.h"
#include "future/select.h"
#include "future/semaphore.h"
#include "future/shield.h"
#include "future/sleep.h"
#include "future/spawn.h"
#include "future/stream.h"
#include "future/task.h"
#include "future/task_local.h"
#include "future/task_scope.h"
#include "future/testing.h"
#include "future/timeout.h"
#include "future/unbounded.h"
#include "future/unordered.h"
#include "future/watch.h"
#include "future/with_cancel.h"
#include "future/yield.h"
#include "gtest/gtest.h"

namespace zokio {
namespace {

using ::zokio::testing::ManualContext;
using ::zokio::testing::VirtualTimer;
using namespace std::chrono_literals;

Task<Result<int>> Fine(int value) { co_return value; }
Task<int> Number(int value) { co_return value; }

class PolledOnceDeathTest : public ::testing::Test {
 protected:
  // Polls to the end and once more.
  template <Future F>
  void ExpectCaught(F future, const char* name) {
    SCOPED_TRACE(name);
#ifdef NDEBUG
    (void)future;
    GTEST_SKIP() << "a check of debug builds";
#else
    bool ready = false;
    for (int i = 0; i < 10 && !ready; ++i) {
      ready = future.poll(manual_.context).ready();
      executor_.RunUntilIdle();
    }
    ASSERT_TRUE(ready);
    EXPECT_DEATH((void)future.poll(manual_.context), "was polled after it was ready");
#endif
  }
  template <IntoFuture A>
    requires(!Future<A>)
  void ExpectCaught(A awaitable, const char* name) {
    ExpectCaught(std::move(awaitable).IntoFuture(), name);
  }

  VirtualTimer timer_;
  LocalExecutor executor_{&timer_};
  ManualContext manual_{&executor_, &timer_};
};

TEST_F(PolledOnceDeathTest, Futures) {
  ExpectCaught(Number(1), "task");
  ExpectCaught(Ready(1), "Ready");
  ExpectCaught(PollFn([](Context&) -> Poll<void> { return kReady; }), "PollFn");
  ExpectCaught(Lazy([] { return 1; }), "Lazy");
  ExpectCaught(Lazy([] { return Ready(1); }), "Lazy of a future");
  ExpectCaught(AnyFuture<int>(Ready(1)), "AnyFuture");
  ExpectCaught(FromCallback<int>([](Completer<int> done) { std::move(done)(1); }), "FromCallback");
  ExpectCaught(Yield(), "Yield");
  ExpectCaught(Sleep(0ns), "Sleep");
  ExpectCaught(Spawn(executor_, Number(1)), "JoinHandle");
  ExpectCaught(SpawnChild(Number(1)), "SpawnChild");
  static constexpr TaskLocal<int> kLocal;
  ExpectCaught(kLocal.With(1, Ready(1)), "With");
  ExpectCaught(kLocal.Get(), "Get");
}

TEST_F(PolledOnceDeathTest, Combinators) {
  ExpectCaught(Map(Ready(1), [](int x) { return x; }), "Map");
  ExpectCaught(Then(Ready(1), [](int x) { return Ready(x); }), "Then");
  ExpectCaught(Catch(Fine(1), [](const Error&) { return 0; }), "Catch");
  ExpectCaught(Join(Ready(1), Ready(2)), "Join");
  ExpectCaught(TryJoin(Fine(1), Fine(2)), "TryJoin");
  std::vector<Ready<int>> all;
  all.emplace_back(1);
  ExpectCaught(JoinAll(std::move(all)), "JoinAll");
  ExpectCaught(Select(Ready(1), Never()), "Select");
  ExpectCaught(Race(Ready(1), Ready(2)), "Race");
  ExpectCaught(RaceOk(Fine(1), Fine(2)), "RaceOk");
  ExpectCaught(Shield(Ready(1)), "Shield");
  ExpectCaught(Finally(Ready(1), [] { return Ready(2); }), "Finally");
  ExpectCaught(Timeout(Ready(1), 1s), "Timeout");
  ExpectCaught(Deadline(Ready(1), Instant(1s)), "Deadline");
  ExpectCaught(WithScope([](TaskScope&) -> Task<int> { co_return 1; }), "WithScope");
  ExpectCaught(WithTryScope([](TryTaskScope&) -> Task<Result<int>> { co_return 1; }),
               "WithTryScope");
}

TEST_F(PolledOnceDeathTest, CancellationSetsAndStreams) {
  CancelSource source;
  ExpectCaught(WithCancel(source.token(), Ready(1)), "WithCancel");
  ExpectCaught(WithDeadline(Instant(1s), Ready(1)), "WithDeadline");
  ExpectCaught(CurrentToken(), "CurrentToken");
  source.Cancel();
  ExpectCaught(source.token().Cancelled(), "Cancelled");
  ExpectCaught(WithCancel(source.token(), Ready(1)), "WithCancel, cancelled");
  Unordered<Ready<int>> set;
  set.Push(Ready(1));
  ExpectCaught(set.Next(), "Unordered::Next");
  ExpectCaught(set.Cancel(), "Unordered::Cancel");
  auto stream = []() -> Stream<int> { co_yield 1; }();
  ExpectCaught(stream.Next(), "Stream::Next");
}

TEST_F(PolledOnceDeathTest, Locks) {
  AsyncMutex mutex;
  ExpectCaught(mutex.Lock(), "AsyncMutex");
  RwLock rwlock;
  ExpectCaught(rwlock.Read(), "RwLock::Read");
  ExpectCaught(rwlock.Write(), "RwLock::Write");
  Semaphore semaphore(1);
  ExpectCaught(semaphore.Acquire(), "Semaphore");
  Notify notify;
  notify.NotifyOne();
  ExpectCaught(notify.Wait(), "Notify");
  Event event;
  event.Set();
  ExpectCaught(event.Wait(), "Event");
  Latch latch(0);
  ExpectCaught(latch.Wait(), "Latch");
  Barrier barrier(1);
  ExpectCaught(barrier.Arrive(), "Barrier");
  AsyncCondVar changed;
  AsyncMutex::Guard guard = mutex.TryLock();
  auto wait = changed.Wait(guard);
  EXPECT_TRUE(wait.poll(manual_.context).pending());
  changed.NotifyOne();
  EXPECT_TRUE(wait.poll(manual_.context).ready());
#ifndef NDEBUG
  EXPECT_DEATH((void)wait.poll(manual_.context), "was polled after it was ready");
#endif
}

TEST_F(PolledOnceDeathTest, Channels) {
  auto oneshot = MakeOneshot<int>();
  std::move(oneshot.sender).Send(1);
  ExpectCaught(std::move(oneshot.receiver), "Oneshot");
  std::vector<int> items{1, 2};
  std::vector<int> out;
  auto mpsc = MakeMpsc<int>(8);
  ExpectCaught(mpsc.sender.Send(1), "MpscSender::Send");
  ExpectCaught(mpsc.sender.SendMany(items), "MpscSender::SendMany");
  ExpectCaught(mpsc.receiver.Recv(), "MpscReceiver::Recv");
  ExpectCaught(mpsc.receiver.RecvMany(&out, 2), "MpscReceiver::RecvMany");
  auto unbounded = MakeUnbounded<int>();
  EXPECT_TRUE(unbounded.sender.Send(1).ok());
  ExpectCaught(unbounded.receiver.Recv(), "UnboundedReceiver::Recv");
  auto mpmc = MakeMpmc<int>(8);
  ExpectCaught(mpmc.sender.Send(1), "MpmcSender::Send");
  ExpectCaught(mpmc.sender.Send(2), "MpmcSender::Send");
  ExpectCaught(mpmc.receiver.Recv(), "MpmcReceiver::Recv");
  ExpectCaught(mpmc.receiver.RecvMany(&out, 1), "MpmcReceiver::RecvMany");
  auto broadcast = MakeBroadcast<int>(8);
  broadcast.sender.Send(1);
  ExpectCaught(broadcast.receiver.Recv(), "BroadcastReceiver::Recv");
  auto watch = MakeWatch<int>(0);
  watch.sender.Send(1);
  ExpectCaught(watch.receiver.Changed(), "WatchReceiver::Changed");
  auto rendezvous = MakeRendezvous<int>();
  auto send = rendezvous.sender.Send(1);
  EXPECT_TRUE(send.poll(manual_.context).pending());
  ExpectCaught(rendezvous.receiver.Recv(), "RendezvousReceiver::Recv");
  EXPECT_TRUE(send.poll(manual_.context).ready());
#ifndef NDEBUG
  EXPECT_DEATH((void)send.poll(manual_.context), "was polled after it was ready");
#endif
}

}  // namespace
}  // namespace zokio
