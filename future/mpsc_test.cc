// What Mpsc promises, one test each, and its ends dropped at every point where they can wait.
#include "future/mpsc.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/atomic.h"
#include "future/local_executor.h"
#include "future/mpsc_slots.h"
#include "future/select.h"
#include "future/testing.h"
#include "future/yield.h"
#include "gtest/gtest.h"

namespace zokio {
namespace {

using ::zokio::testing::CancelAtEveryPoll;
using ::zokio::testing::ManualContext;

using Message = std::unique_ptr<int>;
Message Msg(int value) { return std::make_unique<int>(value); }

TEST(MpscTest, FullAtItsCapacityWhateverItIs) {
  for (size_t capacity : {1u, 2u, 3u, 5u, 8u, 100u}) {
    auto [sender, receiver] = MakeMpsc<int>(capacity);
    for (int lap = 0; lap < 3; ++lap) {
      for (size_t i = 0; i < capacity; ++i) ASSERT_TRUE(sender.TrySend(static_cast<int>(i)).ok());
      EXPECT_EQ(sender.TrySend(-1).error().code(), ErrorCode::kWouldBlock);
      for (size_t i = 0; i < capacity; ++i) EXPECT_EQ(*receiver.TryRecv(), static_cast<int>(i));
      EXPECT_EQ(receiver.TryRecv().error().code(), ErrorCode::kWouldBlock);
    }
  }
}

TEST(MpscTest, ARefusedTrySendLeavesTheValue) {
  auto [sender, receiver] = MakeMpsc<Message>(1);
  Message first = Msg(1);
  Message second = Msg(2);
  EXPECT_TRUE(sender.TrySend(std::move(first)).ok());
  EXPECT_EQ(first, nullptr);
  EXPECT_FALSE(sender.TrySend(std::move(second)).ok());
  EXPECT_NE(second, nullptr);
}

TEST(MpscTest, AWaitingReceiverIsWokenOnce) {
  ManualContext manual;
  auto [sender, receiver] = MakeMpsc<int>(4);
  auto receive = receiver.Recv();
  EXPECT_TRUE(receive.poll(manual.context).pending());
  EXPECT_TRUE(receive.poll(manual.context).pending());
  EXPECT_TRUE(sender.TrySend(7).ok());
  EXPECT_TRUE(sender.TrySend(8).ok());
  EXPECT_EQ(manual.counter.wakes(), 1);
  EXPECT_EQ(*receive.poll(manual.context).value(), 7);
}

TEST(MpscTest, WaitingSendersGetRoomInTheOrderOfArrival) {
  ManualContext manual;
  auto [sender, receiver] = MakeMpsc<int>(2);
  EXPECT_TRUE(sender.TrySend(0).ok());
  EXPECT_TRUE(sender.TrySend(1).ok());
  auto a = sender.Send(2);
  auto b = sender.Send(3);
  auto c = sender.Send(4);
  EXPECT_TRUE(a.poll(manual.context).pending());
  EXPECT_TRUE(b.poll(manual.context).pending());
  EXPECT_TRUE(c.poll(manual.context).pending());
  EXPECT_EQ(*receiver.TryRecv(), 0);
  EXPECT_EQ(manual.counter.wakes(), 1);
  EXPECT_FALSE(sender.TrySend(99).ok());  // the room is promised
  EXPECT_TRUE(b.poll(manual.context).pending());
  EXPECT_TRUE(a.poll(manual.context).value().ok());
  EXPECT_EQ(*receiver.TryRecv(), 1);
  EXPECT_EQ(*receiver.TryRecv(), 2);
  EXPECT_EQ(manual.counter.wakes(), 3);
  EXPECT_TRUE(b.poll(manual.context).value().ok());
  EXPECT_TRUE(c.poll(manual.context).value().ok());
  EXPECT_FALSE(sender.TrySend(99).ok());
  EXPECT_EQ(*receiver.TryRecv(), 3);
  EXPECT_TRUE(sender.TrySend(5).ok());  // nobody queues any more
  EXPECT_EQ(*receiver.TryRecv(), 4);
  EXPECT_EQ(*receiver.TryRecv(), 5);
}

TEST(MpscTest, ADroppedSendHasNotSentAndPassesItsRoomOn) {
  ManualContext manual;
  auto [sender, receiver] = MakeMpsc<int>(1);
  EXPECT_TRUE(sender.TrySend(0).ok());
  using Send = MpscSender<int>::SendFuture;
  std::optional<Send> a(sender.Send(1));
  std::optional<Send> b(sender.Send(2));
  std::optional<Send> c(sender.Send(3));
  for (auto* send : {&*a, &*b, &*c}) EXPECT_TRUE(send->poll(manual.context).pending());
  b.reset();
  EXPECT_EQ(*receiver.TryRecv(), 0);
  a.reset();  // it had been granted the room
  EXPECT_TRUE(c->poll(manual.context).value().ok());
  EXPECT_EQ(*receiver.TryRecv(), 3);
  EXPECT_TRUE(sender.TrySend(4).ok());
}

TEST(MpscTest, EndsWhenTheLastSenderIsGone) {
  ManualContext manual;
  auto channel = MakeMpsc<int>(4);
  std::optional<MpscSender<int>> first(std::move(channel.sender));
  std::optional<MpscSender<int>> second(*first);
  EXPECT_TRUE(second->TrySend(1).ok());
  first.reset();
  EXPECT_EQ(*channel.receiver.TryRecv(), 1);
  auto receive = channel.receiver.Recv();
  EXPECT_TRUE(receive.poll(manual.context).pending());
  second.reset();
  EXPECT_EQ(manual.counter.wakes(), 1);
  EXPECT_EQ(receive.poll(manual.context).value().error().code(), ErrorCode::kClosed);
  EXPECT_EQ(channel.receiver.TryRecv().error().code(), ErrorCode::kClosed);
}

TEST(MpscTest, ClosingRefusesNewAndKeepsOldMessages) {
  ManualContext manual;
  auto [sender, receiver] = MakeMpsc<Message>(2);
  EXPECT_TRUE(sender.TrySend(Msg(1)).ok());
  EXPECT_TRUE(sender.TrySend(Msg(2)).ok());
  auto waiting = sender.Send(Msg(3));
  EXPECT_TRUE(waiting.poll(manual.context).pending());
  receiver.Close();
  receiver.Close();
  EXPECT_EQ(manual.counter.wakes(), 1);
  EXPECT_EQ(waiting.poll(manual.context).value().error().code(), ErrorCode::kClosed);
  Message kept = Msg(4);
  EXPECT_FALSE(sender.TrySend(std::move(kept)).ok());
  EXPECT_EQ(**receiver.TryRecv(), 1);
  EXPECT_EQ(sender.TrySend(std::move(kept)).error().code(), ErrorCode::kClosed);
  EXPECT_NE(kept, nullptr);
  EXPECT_EQ(**receiver.TryRecv(), 2);
  EXPECT_EQ(receiver.TryRecv().error().code(), ErrorCode::kClosed);
}

TEST(MpscTest, ClosedIsClosedAlsoWhereRoomWasPromised) {
  ManualContext manual;
  auto [sender, receiver] = MakeMpsc<int>(2);
  EXPECT_TRUE(sender.TrySend(0).ok());
  EXPECT_TRUE(sender.TrySend(1).ok());
  auto asked = sender.Send(2);
  auto dropped = std::make_optional(sender.Send(3));
  EXPECT_TRUE(asked.poll(manual.context).pending());
  EXPECT_TRUE(dropped->poll(manual.context).pending());
  EXPECT_EQ(*receiver.TryRecv(), 0);
  EXPECT_EQ(*receiver.TryRecv(), 1);
  EXPECT_EQ(manual.counter.wakes(), 2);  // room for both, who have not come for it
  receiver.Close();
  EXPECT_EQ(sender.TrySend(4).error().code(), ErrorCode::kClosed);
  dropped.reset();
  Result<void> answer = asked.poll(manual.context).value();
  EXPECT_EQ(answer.error().code(), ErrorCode::kClosed);
  EXPECT_EQ(sender.TrySend(5).error().code(), ErrorCode::kClosed);
}

TEST(MpscTest, ADroppedReceiverDropsWhatIsLeft) {
  auto value = std::make_shared<int>(1);
  ManualContext manual;
  auto channel = MakeMpsc<std::shared_ptr<int>>(4);
  EXPECT_TRUE(channel.sender.TrySend(std::shared_ptr<int>(value)).ok());
  EXPECT_TRUE(channel.sender.TrySend(std::shared_ptr<int>(value)).ok());
  {
    auto dropped = std::move(channel.receiver);
  }
  EXPECT_EQ(value.use_count(), 1);
  auto send = channel.sender.Send(value);
  EXPECT_EQ(send.poll(manual.context).value().error().code(), ErrorCode::kClosed);
}

// Such messages lie apart from their words.
template <typename T>
class LargeMessageTest : public ::testing::Test {};
struct WithHole {
  std::unique_ptr<int> value;
  char more[41];
};
struct alignas(16) FillsLines {
  std::unique_ptr<int> value;
  char more[112];
};
using LargeMessages = ::testing::Types<WithHole, FillsLines>;
TYPED_TEST_SUITE(LargeMessageTest, LargeMessages);

TYPED_TEST(LargeMessageTest, ComeInOrderAndAreDroppedWithTheReceiver) {
  ManualContext manual;
  for (size_t capacity : {1u, 2u, 3u, 8u}) {
    auto [sender, receiver] = MakeMpsc<TypeParam>(capacity);
    int sent = 0;
    int received = 0;
    for (int lap = 0; lap < 5; ++lap) {
      std::vector<TypeParam> items;
      for (size_t i = 0; i < capacity; ++i) items.push_back(TypeParam{Msg(sent++), {}});
      auto send = sender.SendMany(items);
      EXPECT_EQ(send.poll(manual.context).value(), capacity);
      if (lap == 4) break;  // these are left over
      std::vector<TypeParam> got;
      while (got.size() < capacity) {
        auto receive = receiver.RecvMany(&got, 2);
        ASSERT_GT(receive.poll(manual.context).value(), 0u);
      }
      for (TypeParam& message : got) EXPECT_EQ(*message.value, received++);
    }
    auto waits = sender.Send(TypeParam{Msg(sent), {}});
    EXPECT_TRUE(waits.poll(manual.context).pending());
    {
      auto dropped = std::move(receiver);
    }
    EXPECT_FALSE(waits.poll(manual.context).value().ok());
  }
}

TEST(MpscTest, BatchesKeepTheOrderAcrossTheWrap) {
  ManualContext manual;
  auto [sender, receiver] = MakeMpsc<int>(7);
  std::vector<int> got;
  int next = 0;
  for (int round = 0; round < 50; ++round) {
    std::vector<int> batch(static_cast<size_t>(round % 7 + 1));
    for (int& item : batch) item = next++;
    auto send = sender.SendMany(batch);
    EXPECT_EQ(send.poll(manual.context).value(), batch.size());
    while (true) {
      auto receive = receiver.RecvMany(&got, 3);
      if (receive.poll(manual.context).pending()) break;
      manual.environment.budget = kPollBudget;
    }
  }
  ASSERT_EQ(got.size(), static_cast<size_t>(next));
  for (int i = 0; i < next; ++i) EXPECT_EQ(got[static_cast<size_t>(i)], i);
}

// Messages may be lambdas, which cannot be assigned.
TEST(MpscTest, BatchesOfWhatCannotBeAssigned) {
  struct Constant {
    const int value;
  };
  ManualContext manual;
  auto [sender, receiver] = MakeMpsc<Constant>(4);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(sender.TrySend(Constant{i}).ok());
  std::vector<Constant> got;
  auto receive = receiver.RecvMany(&got, 4);
  EXPECT_EQ(receive.poll(manual.context).value(), 4u);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(got[i].value, i);
}

// Behind messages of any size.
TEST(MpscTest, WordsAreAligned) {
  using Odd = std::array<char, 33>;
  for (size_t count : {2u, 4u, 8u}) {
    internal::MpscSlots<Odd> slots(count);
    for (size_t i = 0; i < count; ++i) {
      EXPECT_EQ(reinterpret_cast<uintptr_t>(&slots.word(i)) % alignof(Atomic<uint64_t>), 0u);
    }
    slots.Free(count);
  }
}

TEST(MpscTest, SendManyWaitsForRoomAndStopsAtTheEnd) {
  ManualContext manual;
  auto [sender, receiver] = MakeMpsc<int>(2);
  std::vector<int> items{1, 2, 3, 4, 5};
  auto send = sender.SendMany(items);
  EXPECT_TRUE(send.poll(manual.context).pending());
  EXPECT_EQ(*receiver.TryRecv(), 1);
  EXPECT_TRUE(send.poll(manual.context).pending());
  EXPECT_EQ(*receiver.TryRecv(), 2);
  EXPECT_TRUE(send.poll(manual.context).pending());
  receiver.Close();
  EXPECT_EQ(send.poll(manual.context).value(), 4u);
  EXPECT_EQ(*receiver.TryRecv(), 3);
  EXPECT_EQ(*receiver.TryRecv(), 4);
  EXPECT_EQ(receiver.TryRecv().error().code(), ErrorCode::kClosed);
}

TEST(MpscTest, ADroppedRecvLosesNothing) {
  LocalExecutor executor;
  auto channel = MakeMpsc<int>(4);
  auto body = [](MpscReceiver<int> receiver) -> Task<int> {
    for (int i = 0; i < 3; ++i) {
      auto first = co_await Select(receiver.Recv(), Yield());
      EXPECT_EQ(first.index(), 1u);
    }
    co_return *co_await receiver.Recv();
  };
  auto handle = Spawn(executor, body(std::move(channel.receiver)));
  executor.RunUntilIdle();
  EXPECT_TRUE(channel.sender.TrySend(5).ok());
  EXPECT_EQ(*executor.BlockOn(std::move(handle)), 5);
}

TEST(MpscTest, SpendsTheBudget) {
  LocalExecutor executor;
  auto channel = MakeMpsc<int>(1024);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(channel.sender.TrySend(int{i}).ok());
  auto body = [](MpscReceiver<int>* receiver) -> Task<> {
    for (int i = 0; i < 1000; ++i) {
      Result<int> got = co_await receiver->Recv();
      EXPECT_EQ(*got, i);
    }
  };
  auto handle = Spawn(executor, body(&channel.receiver));
  EXPECT_EQ(executor.RunUntilIdle(), (1000u + kPollBudget - 1) / kPollBudget);
}

TEST(MpscCancelTest, SendersAndReceiver) {
  struct Case {
    MpscChannel<int> channel = MakeMpsc<int>(2);
    int sum = 0;
    int ends = 0;
    std::vector<MpscSender<int>> senders{channel.sender, channel.sender, channel.sender};
    Case() { MpscSender<int> dropped = std::move(channel.sender); }
    // The ends live in the frames, so that a victim's end goes with it.
    Task<> Run(int id) {
      return id == 0 ? Receive() : Send(std::move(senders[static_cast<size_t>(id - 1)]));
    }
    Task<> Receive() {
      while (true) {
        Result<int> value = co_await channel.receiver.Recv();
        if (!value.ok()) break;
        sum += *value;
      }
      ++ends;
    }
    Task<> Send(MpscSender<int> sender) {
      for (int i = 0; i < 6; ++i) {
        Result<void> sent = co_await sender.Send(1);
        EXPECT_TRUE(sent.ok());
      }
      ++ends;
    }
    void Check(int dropped) {
      EXPECT_EQ(ends, 4 - dropped);
      EXPECT_EQ(dropped == 0, sum == 18);
      EXPECT_GE(sum, 12);
    }
  };
  EXPECT_GE(CancelAtEveryPoll<Case>(4), 8);
}

}  // namespace
}  // namespace zokio
