#include "future/oneshot.h"

#include <memory>

#include "future/local_executor.h"
#include "future/task.h"
#include "future/testing.h"
#include "gtest/gtest.h"

namespace zokio {
namespace {

using ::zokio::testing::ManualContext;

TEST(OneshotTest, AValueSentFirstIsReceived) {
  auto [sender, receiver] = MakeOneshot<std::unique_ptr<int>>();
  EXPECT_TRUE(std::move(sender).Send(std::make_unique<int>(5)));
  ManualContext manual;
  auto value = receiver.poll(manual.context).value();
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(**value, 5);
}

TEST(OneshotTest, AWaitingReceiverIsWoken) {
  auto [sender, receiver] = MakeOneshot<int>();
  ManualContext manual;
  EXPECT_TRUE(receiver.poll(manual.context).pending());
  EXPECT_EQ(manual.counter.clones(), 2);
  EXPECT_TRUE(std::move(sender).Send(6));
  EXPECT_EQ(manual.counter.wakes(), 1);
  EXPECT_EQ(manual.counter.clones(), 1);
  EXPECT_EQ(*receiver.poll(manual.context).value(), 6);
}

TEST(OneshotTest, ADroppedSenderCloses) {
  ManualContext manual;
  auto [sender, receiver] = MakeOneshot<int>();
  EXPECT_TRUE(receiver.poll(manual.context).pending());
  {
    auto dropped = std::move(sender);
  }
  EXPECT_EQ(manual.counter.wakes(), 1);
  EXPECT_EQ(receiver.poll(manual.context).value().error().code(), ErrorCode::kClosed);
}

TEST(OneshotTest, ADroppedReceiverRefusesTheValue) {
  auto [sender, receiver] = MakeOneshot<std::shared_ptr<int>>();
  auto value = std::make_shared<int>(1);
  {
    auto dropped = std::move(receiver);
  }
  EXPECT_TRUE(sender.receiver_gone());
  EXPECT_FALSE(std::move(sender).Send(value));
  EXPECT_EQ(value.use_count(), 1);
}

TEST(OneshotTest, AnUnreceivedValueIsDroppedWithTheReceiver) {
  auto value = std::make_shared<int>(1);
  {
    auto [sender, receiver] = MakeOneshot<std::shared_ptr<int>>();
    EXPECT_TRUE(std::move(sender).Send(value));
    EXPECT_EQ(value.use_count(), 2);
  }
  EXPECT_EQ(value.use_count(), 1);
}

TEST(OneshotTest, IsAwaitedInATask) {
  LocalExecutor executor;
  auto channel = MakeOneshot<int>();
  auto receive = [](OneshotReceiver<int> receiver) -> Task<int> {
    co_return (co_await receiver).value();
  };
  JoinHandle<int> handle = Spawn(executor, receive(std::move(channel.receiver)));
  executor.RunUntilIdle();
  std::move(channel.sender).Send(9);
  EXPECT_EQ(*executor.BlockOn(std::move(handle)), 9);
}

}  // namespace
}  // namespace zokio
