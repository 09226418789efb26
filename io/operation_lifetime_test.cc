// The kernel never writes to memory that was given back.
//
// A receive into memory that the operation owns is dropped at every point of its life. When the
// operation releases the memory, it is filled with a pattern; later bytes from the peer must not
// change it. Built with ZOKIO_IO_PLANT_NO_DETACH (memory goes at the drop, not at the final
// completion), this test must fail: operation_lifetime_planted_test checks that it does.
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "gtest/gtest.h"
#include "io/testing.h"

namespace zokio::io {
namespace {

using testing::AttachedLoop;
using testing::Await;
using testing::Connection;
using testing::Driven;
using testing::MakeConnection;
using testing::TurnUntil;

// Memory that knows when it was given back, and notices writes from then on.
class WatchedMemory {
 public:
  static constexpr size_t kSize = 4096;
  static constexpr uint8_t kFilling = 0xEE;

  WatchedMemory() {
    void* memory = mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
    ZOKIO_CHECK(memory != MAP_FAILED, "mmap");
    data_ = static_cast<uint8_t*>(memory);
  }
  WatchedMemory(const WatchedMemory&) = delete;
  WatchedMemory& operator=(const WatchedMemory&) = delete;
  ~WatchedMemory() { munmap(data_, kSize); }

  OwnedBytes Lend() { return OwnedBytes(data_, kSize, &GiveBack, this); }
  bool given_back() const { return given_back_; }
  const uint8_t* data() const { return data_; }
  bool untouched() const {
    return std::all_of(data_, data_ + kSize, [](uint8_t byte) { return byte == kFilling; });
  }

 private:
  static void GiveBack(void* self) {
    auto* memory = static_cast<WatchedMemory*>(self);
    ZOKIO_CHECK(!memory->given_back_, "given back twice");
    memory->given_back_ = true;
    std::memset(memory->data_, kFilling, kSize);
  }

  uint8_t* data_ = nullptr;
  bool given_back_ = false;
};

enum class DropAt { kBeforeSubmit, kInKernel, kDataOnTheWay, kDone, kAfterCancel, kLoopEnds };

class OperationLifetimeTest
    : public ::testing::TestWithParam<std::tuple<DropAt, bool /*data is there first*/>> {
 protected:
  void SetUp() override {
    LoopOptions options;
    options.backend = BackendChoice::kUring;
    if (!BackendPlan::Make(options).ok()) GTEST_SKIP() << Describe();
  }
};

TEST_P(OperationLifetimeTest, MemoryGivenBackIsNeverWritten) {
  const auto [drop_at, data_first] = GetParam();
  WatchedMemory memory;
  {
    AttachedLoop loop(BackendChoice::kUring);
    Connection connection = MakeConnection();
    if (data_first) connection.peer.Send("early bytes");
    Operation* op = loop->NewOperation(OpKind::kReceive);
    ASSERT_NE(op, nullptr);
    op->handle = connection.stream.native_handle();
    op->bytes = memory.Lend();
    loop->Start(op);
    const auto done = [op] {
      SmallLockGuard guard(op->lock);
      return (op->flags & kOpDone) != 0;
    };
    EXPECT_FALSE(memory.given_back());
    switch (drop_at) {
      case DropAt::kBeforeSubmit:
        Loop::Abandon(op);
        break;
      case DropAt::kInKernel:
        loop->Poll();
        Loop::Abandon(op);
        break;
      case DropAt::kDataOnTheWay:
        loop->Poll();
        connection.peer.Send("bytes on the way");
        Loop::Abandon(op);
        break;
      case DropAt::kDone:
        connection.peer.Send("bytes");
        TurnUntil(done);
        EXPECT_FALSE(memory.given_back()) << "the owner has not looked yet";
        EXPECT_EQ(std::memcmp(memory.data(), data_first ? "early" : "bytes", 5), 0);
        Loop::Abandon(op);
        break;
      case DropAt::kAfterCancel:
        loop->Poll();
        Loop::Abandon(op);
        loop->Poll();
        break;
      case DropAt::kLoopEnds:
        loop->Poll();
        loop.End();
        EXPECT_FALSE(memory.given_back());
        Loop::Abandon(op);
        break;
    }
    connection.peer.Send("late bytes");
    if (drop_at != DropAt::kLoopEnds) {
      TurnUntil([&] { return memory.given_back() && loop->stats().turns > 0; });
      for (int i = 0; i < 10; ++i) {
        connection.peer.Send("more late bytes");
        loop->Poll();
      }
    }
    EXPECT_TRUE(memory.given_back());
    EXPECT_TRUE(memory.untouched()) << "the kernel wrote to memory that was given back";
  }
  EXPECT_TRUE(memory.untouched());
}

INSTANTIATE_TEST_SUITE_P(
    EveryPoint, OperationLifetimeTest,
    ::testing::Combine(::testing::Values(DropAt::kBeforeSubmit, DropAt::kInKernel,
                                         DropAt::kDataOnTheWay, DropAt::kDone, DropAt::kAfterCancel,
                                         DropAt::kLoopEnds),
                       ::testing::Bool()));

class BorrowedMemoryTest : public testing::BackendTest {};
ZOKIO_IO_ON_EACH_BACKEND(BorrowedMemoryTest);

// A borrowed span is used inside poll only: after a pending poll nothing writes to it.
TEST_P(BorrowedMemoryTest, SpanIsNotWrittenBetweenPolls) {
  AttachedLoop loop(GetParam());
  Connection connection = MakeConnection();
  std::vector<uint8_t> memory(4096, WatchedMemory::kFilling);
  {
    Driven read(connection.stream.Read(std::span<uint8_t>(memory)));
    ASSERT_FALSE(read.Poll());
    connection.peer.Send("bytes");
    TurnUntil([&] { return read.woken(); });
    EXPECT_EQ(memory, std::vector<uint8_t>(4096, WatchedMemory::kFilling));
  }
  for (int i = 0; i < 10; ++i) {
    connection.peer.Send("more");
    loop->Poll();
  }
  EXPECT_EQ(memory, std::vector<uint8_t>(4096, WatchedMemory::kFilling));
}

// What a lease shows does not change while it is held, whatever else arrives or goes.
TEST_P(BorrowedMemoryTest, HeldLeasesKeepTheirBytes) {
  LoopOptions options;
  options.buffers_max = 32;
  AttachedLoop loop(GetParam(), options);
  Connection held = MakeConnection();
  Connection other = MakeConnection();
  std::vector<std::pair<Lease, std::string>> leases;
  for (int i = 0; i < 16; ++i) {
    const std::string text = "held bytes " + std::to_string(i);
    held.peer.Send(text);
    Result<Lease> lease = Await(held.stream.Read());
    ASSERT_TRUE(lease.ok());
    leases.emplace_back(*std::move(lease), text);
  }
  for (int i = 0; i < 200; ++i) {
    other.peer.Send("noise");
    Driven read(other.stream.Read());
    if (!read.Poll()) loop->Poll();  // dropped half-way every time
  }
  other.stream.Close();
  for (int i = 0; i < 5; ++i) loop->Poll();
  for (const auto& [lease, text] : leases) EXPECT_EQ(lease.view(), text);
  loop.End();
  for (const auto& [lease, text] : leases) EXPECT_EQ(lease.view(), text);
}

}  // namespace
}  // namespace zokio::io
