// Chains: order, failure, what the kernel is told, what is not linked.
#include "io/chain.h"

#include <optional>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "io/conformance/file_rig.h"
#include "io/nothing.h"

namespace zokio::io {
namespace {

using conformance::FileRig;
using testing::Await;
using testing::Driven;

class ChainTest : public testing::BackendTest {};
ZOKIO_IO_ON_EACH_BACKEND(ChainTest);

// A future of Result that is no operation: done at its second poll.
class TwoPolls {
 public:
  TwoPolls(FileRig* rig, std::string* seen) : rig_(rig), seen_(seen) {}
  Poll<Result<int>> poll(Context& context) {
    if (!std::exchange(polled_, true)) {
      *seen_ = rig_->Contents("data");
      context.waker().WakeByRef();
      return kPending;
    }
    return Result<int>(7);
  }

 private:
  FileRig* rig_;
  std::string* seen_;
  bool polled_ = false;
};

TEST_P(ChainTest, TheKernelIsToldOfAllLinksAtOnce) {
  FileRig rig(GetParam());
  Driven chain(Chain(rig.file.WriteAt(0, std::string("ab")), DoNothing(), rig.file.SyncData()));
  ASSERT_FALSE(chain.Poll());
  const uint64_t linked = rig.loop->stats().linked;
  EXPECT_EQ(linked, rig.loop->completes() ? 2u : 0u);
  EXPECT_TRUE(chain.Finish().ok());
  EXPECT_EQ(rig.Contents("data"), "ab23456789");
}

// Links that are no operations of the backend wait for their turn, and what follows for them.
TEST_P(ChainTest, OtherFuturesAreLinksToo) {
  FileRig rig(GetParam());
  std::string seen;
  const auto result = Await(Chain(rig.file.WriteAt(0, std::string("ab")), TwoPolls(&rig, &seen),
                                  rig.file.WriteAt(2, std::string("cd")), rig.file.ReadAt(0, 5)));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(seen, "ab23456789");
  EXPECT_EQ(std::get<1>(*result), 7);
  EXPECT_EQ(std::get<3>(*result).size(), 5u);
  EXPECT_EQ(rig.Contents("data"), "abcd456789");
}

// A chain longer than the submission queue goes in parts; its order stays.
TEST_P(ChainTest, ChainsLongerThanTheQueueStayInOrder) {
  FileRig rig(GetParam(), conformance::TinyQueues());
  const auto write = [&](uint64_t offset, const char* text) {
    return rig.file.WriteAt(offset, std::string(text));
  };
  for (int i = 0; i < 20; ++i) {
    const auto result = Await(Chain(write(0, "aaaaa"), write(1, "bbbb"), write(2, "ccc"),
                                    write(3, "dd"), write(4, "e"), rig.file.ReadAt(0, 5)));
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(rig.Contents("data"), "abcde56789");
  }
}

// An error that a link knows before it begins ends the chain in its turn, not before.
TEST_P(ChainTest, EarlyErrorsComeInTheirTurn) {
  FileRig rig(GetParam());
  File closed;
  const auto result =
      Await(Chain(rig.file.WriteAt(0, std::string("ab")), closed.SyncData(), rig.file.Truncate(0)));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kClosed);
  EXPECT_EQ(rig.Contents("data"), "ab23456789");
}

// Without budget nothing begins; the next poll begins it.
TEST_P(ChainTest, BudgetIsRespectedInTheMiddle) {
  FileRig rig(GetParam());
  zokio::testing::ManualContext manual;
  auto chain = Chain(rig.file.WriteAt(0, std::string("ab")), rig.file.WriteAt(1, std::string("c")),
                     rig.file.ReadAt(0, 3));
  for (int budget = 0; budget < 2; ++budget) {
    manual.environment.budget = budget;
    ASSERT_TRUE(chain.poll(manual.context).pending());
  }
  manual.environment.budget = 1000;
  std::optional<bool> ok;
  testing::TurnUntil([&] {
    auto poll = chain.poll(manual.context);
    if (poll.ready()) ok = poll.value().ok();
    return ok.has_value();
  });
  EXPECT_TRUE(*ok);
  EXPECT_EQ(rig.Contents("data"), "ac23456789");
}

TEST(ChainWithoutLoopTest, IsAnError) {
  zokio::testing::ManualContext manual;
  auto chain = Chain(DoNothing(), DoNothing());
  auto poll = chain.poll(manual.context);
  ASSERT_TRUE(poll.ready());
  EXPECT_EQ(poll.value().error().code(), ErrorCode::kWrongThread);
}

}  // namespace
}  // namespace zokio::io
