// What the channels promise, one test each, and each end dropped at every point where it can wait.
#include <memory>
#include <optional>
#include <vector>

#include "future/broadcast.h"
#include "future/local_executor.h"
#include "future/mpmc.h"
#include "future/select.h"
#include "future/testing.h"
#include "future/unbounded.h"
#include "future/watch.h"
#include "future/yield.h"
#include "gtest/gtest.h"

namespace zokio {
namespace {

using ::zokio::testing::CancelAtEveryPoll;
using ::zokio::testing::ManualContext;

using Message = std::unique_ptr<int>;
Message Msg(int value) { return std::make_unique<int>(value); }

TEST(UnboundedTest, KeepsTheOrderAndEnds) {
  ManualContext manual;
  auto channel = MakeUnbounded<Message>();
  std::optional<UnboundedSender<Message>> sender(std::move(channel.sender));
  auto receive = channel.receiver.Recv();
  EXPECT_TRUE(receive.poll(manual.context).pending());
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(sender->Send(Msg(i)).ok());
  EXPECT_EQ(manual.counter.wakes(), 1);
  EXPECT_EQ(**receive.poll(manual.context).value(), 0);
  std::vector<Message> rest;
  while (rest.size() < 999) {
    EXPECT_GT(channel.receiver.RecvMany(&rest, 1000).poll(manual.context).value(), 0u);
  }
  for (int i = 1; i < 1000; ++i) EXPECT_EQ(*rest[static_cast<size_t>(i - 1)], i);
  auto last = channel.receiver.Recv();
  EXPECT_TRUE(last.poll(manual.context).pending());
  sender.reset();
  EXPECT_EQ(last.poll(manual.context).value().error().code(), ErrorCode::kClosed);
}

TEST(UnboundedTest, ClosingRefusesNewAndKeepsOldMessages) {
  auto [sender, receiver] = MakeUnbounded<int>();
  EXPECT_TRUE(sender.Send(1).ok());
  receiver.Close();
  EXPECT_EQ(sender.Send(2).error().code(), ErrorCode::kClosed);
  EXPECT_EQ(*receiver.TryRecv(), 1);
  EXPECT_EQ(receiver.TryRecv().error().code(), ErrorCode::kClosed);
}

TEST(UnboundedTest, DropsWhatIsLeft) {
  auto value = std::make_shared<int>(1);
  {
    auto channel = MakeUnbounded<std::shared_ptr<int>>();
    EXPECT_TRUE(channel.sender.Send(value).ok());
    EXPECT_TRUE(channel.sender.Send(value).ok());
  }
  EXPECT_EQ(value.use_count(), 1);
}

TEST(MpmcTest, EachMessageGoesToOneReceiverInTurn) {
  LocalExecutor executor;
  auto channel = MakeMpmc<int>(2);
  std::vector<int> counts(3);
  auto receive = [](MpmcReceiver<int> receiver, int* count) -> Task<> {
    while ((co_await receiver.Recv()).ok()) ++*count;
  };
  auto send = [](MpmcSender<int> sender) -> Task<> {
    for (int i = 0; i < 30; ++i) EXPECT_TRUE((co_await sender.Send(i)).ok());
  };
  for (int& count : counts) Spawn(executor, receive(channel.receiver, &count)).Detach();
  Spawn(executor, send(channel.sender)).Detach();
  Spawn(executor, send(std::move(channel.sender))).Detach();
  executor.RunUntilIdle();
  EXPECT_EQ(executor.live(), 0u);
  EXPECT_EQ(counts[0] + counts[1] + counts[2], 60);
  for (int count : counts) EXPECT_GE(count, 15);
}

TEST(MpmcTest, ADroppedChosenReceiverPassesTheMessageOn) {
  ManualContext manual;
  auto [sender, receiver] = MakeMpmc<int>(4);
  std::optional<MpmcReceiver<int>::RecvFuture> first(receiver.Recv());
  auto second = receiver.Recv();
  EXPECT_TRUE(first->poll(manual.context).pending());
  EXPECT_TRUE(second.poll(manual.context).pending());
  EXPECT_TRUE(sender.TrySend(3).ok());
  EXPECT_EQ(receiver.TryRecv().error().code(), ErrorCode::kWouldBlock);  // it is promised
  first.reset();
  EXPECT_EQ(*second.poll(manual.context).value(), 3);
}

TEST(MpmcTest, ClosesFromBothSides) {
  ManualContext manual;
  auto [sender, receiver] = MakeMpmc<int>(1);
  EXPECT_TRUE(sender.TrySend(1).ok());
  auto blocked = sender.Send(2);
  EXPECT_TRUE(blocked.poll(manual.context).pending());
  sender.Close();
  EXPECT_EQ(blocked.poll(manual.context).value().error().code(), ErrorCode::kClosed);
  EXPECT_EQ(*receiver.Recv().poll(manual.context).value(), 1);
  EXPECT_EQ(receiver.TryRecv().error().code(), ErrorCode::kClosed);
  auto other = MakeMpmc<std::shared_ptr<int>>(2);
  auto value = std::make_shared<int>(0);
  EXPECT_TRUE(other.sender.TrySend(std::shared_ptr<int>(value)).ok());
  {
    auto dropped = std::move(other.receiver);
  }
  EXPECT_EQ(value.use_count(), 1);
  EXPECT_EQ(other.sender.TrySend(std::move(value)).error().code(), ErrorCode::kClosed);
}

TEST(MpmcTest, TakesABatch) {
  ManualContext manual;
  auto [sender, receiver] = MakeMpmc<int>(8);
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(sender.TrySend(int{i}).ok());
  std::vector<int> out;
  EXPECT_EQ(receiver.RecvMany(&out, 4).poll(manual.context).value(), 4u);
  EXPECT_EQ(receiver.RecvMany(&out, 4).poll(manual.context).value(), 2u);
  EXPECT_EQ(out, (std::vector<int>{0, 1, 2, 3, 4, 5}));
}

TEST(BroadcastTest, EveryReceiverGetsEveryMessage) {
  ManualContext manual;
  auto [sender, receiver] = MakeBroadcast<int>(4);
  BroadcastReceiver<int> second = sender.Subscribe();
  sender.Send(1);
  sender.Send(2);
  for (auto* end : {&receiver, &second}) {
    EXPECT_EQ(*end->Recv().poll(manual.context).value(), 1);
    EXPECT_EQ(*end->Recv().poll(manual.context).value(), 2);
  }
  auto a = receiver.Recv();
  auto b = second.Recv();
  EXPECT_TRUE(a.poll(manual.context).pending());
  EXPECT_TRUE(b.poll(manual.context).pending());
  sender.Send(3);
  EXPECT_EQ(manual.counter.wakes(), 2);
  EXPECT_EQ(*a.poll(manual.context).value(), 3);
  EXPECT_EQ(*b.poll(manual.context).value(), 3);
}

TEST(BroadcastTest, ASlowReceiverIsToldWhatItMissed) {
  ManualContext manual;
  auto [sender, receiver] = MakeBroadcast<int>(4);
  for (int i = 0; i < 10; ++i) sender.Send(i);
  Result<int> lagged = receiver.Recv().poll(manual.context).value();
  EXPECT_EQ(lagged.error().code(), ErrorCode::kOutOfRange);
  EXPECT_EQ(receiver.missed(), 6u);
  for (int i = 6; i < 10; ++i) EXPECT_EQ(*receiver.Recv().poll(manual.context).value(), i);
}

TEST(BroadcastTest, EndsWhenTheSendersAreGone) {
  ManualContext manual;
  auto channel = MakeBroadcast<int>(4);
  channel.sender.Send(1);
  {
    [[maybe_unused]] auto dropped = std::move(channel.sender);
  }
  EXPECT_EQ(*channel.receiver.Recv().poll(manual.context).value(), 1);
  EXPECT_EQ(channel.receiver.Recv().poll(manual.context).value().error().code(),
            ErrorCode::kClosed);
}

TEST(WatchTest, SeesTheLatestOnly) {
  ManualContext manual;
  auto [sender, receiver] = MakeWatch<int>(0);
  EXPECT_EQ(*receiver.Get(), 0);
  auto changed = receiver.Changed();
  EXPECT_TRUE(changed.poll(manual.context).pending());
  auto held = receiver.Get();
  sender.Send(1);
  sender.Send(2);
  EXPECT_EQ(manual.counter.wakes(), 1);
  EXPECT_TRUE(changed.poll(manual.context).value().ok());
  EXPECT_EQ(*receiver.Get(), 2);
  EXPECT_EQ(*held, 0);
  WatchReceiver<int> late = sender.Subscribe();
  EXPECT_TRUE(late.Changed().poll(manual.context).pending());
}

TEST(WatchTest, AValueSeenByGetDoesNotEndAChanged) {
  ManualContext manual;
  auto [sender, receiver] = MakeWatch<int>(0);
  auto changed = receiver.Changed();
  EXPECT_TRUE(changed.poll(manual.context).pending());
  sender.Send(1);
  EXPECT_EQ(*receiver.Get(), 1);
  EXPECT_TRUE(changed.poll(manual.context).pending());
  sender.Send(2);
  EXPECT_TRUE(changed.poll(manual.context).value().ok());
}

TEST(WatchTest, EndsWhenTheSendersAreGone) {
  ManualContext manual;
  auto channel = MakeWatch<int>(0);
  channel.sender.Send(1);
  {
    [[maybe_unused]] auto dropped = std::move(channel.sender);
  }
  EXPECT_TRUE(channel.receiver.Changed().poll(manual.context).value().ok());
  EXPECT_EQ(channel.receiver.Changed().poll(manual.context).value().error().code(),
            ErrorCode::kClosed);
  EXPECT_EQ(*channel.receiver.Get(), 1);
}

}  // namespace
}  // namespace zokio
