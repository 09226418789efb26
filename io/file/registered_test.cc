// Registered memory: what it holds, when it comes back, that the kernel's fixed transfers are used.
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/thread.h"
#include "gtest/gtest.h"
#include "io/conformance/file_rig.h"
#include "io/registered_bytes.h"

namespace zokio::io {
namespace {

using conformance::FileRig;
using testing::Await;
using testing::Driven;

class RegisteredBytesTest : public testing::BackendTest {};
ZOKIO_IO_ON_EACH_BACKEND(RegisteredBytesTest);

LoopOptions WithRegistered(uint32_t count) {
  LoopOptions options;
  options.registered_buffers = count;
  options.registered_buffer_size = 4096;
  return options;
}

TEST_P(RegisteredBytesTest, TransfersOfAFileUseIt) {
  FileRig rig(GetParam(), WithRegistered(2));
  OwnedBytes memory = *RegisteredBytes(100);
  std::memset(memory.data(), 'r', memory.size());
  ASSERT_TRUE(Await(rig.file.WriteAt(5, std::move(memory))).ok());
  EXPECT_EQ(rig.Contents("data"), "01234" + std::string(100, 'r'));
  const Result<OwnedBytes> read = Await(rig.file.ReadAt(3, *RegisteredBytes(4096)));
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read->size(), 102u);
  EXPECT_EQ(std::memcmp(read->data(), "34rrr", 5), 0);
  rig.loop->Park(Clock::Monotonic().Now());  // refreshes the figures
  const bool fixed = rig.loop->completes() && rig.loop->has_registered_memory();
  EXPECT_EQ(rig.loop->stats().fixed_transfers, fixed ? 2u : 0u);
}

TEST_P(RegisteredBytesTest, BuffersAreCountedAndComeBackFromAnyThread) {
  testing::AttachedLoop loop(GetParam(), WithRegistered(2));
  EXPECT_EQ(RegisteredBytes(4097).error().code(), ErrorCode::kOutOfRange);
  std::vector<OwnedBytes> taken;
  for (int i = 0; i < 2; ++i) taken.push_back(*RegisteredBytes(4096));
  EXPECT_EQ(RegisteredBytes(1).error().code(), ErrorCode::kOutOfMemory);
  Result<Thread> dropper = Thread::Start("dropper", [&taken] { taken.clear(); });
  ASSERT_TRUE(dropper.ok());
  dropper->Join();
  taken.push_back(*RegisteredBytes(1));
  taken.clear();
  EXPECT_TRUE(RegisteredBytes(1).ok());
}

// Dropped in flight, memory stays away until the kernel is through with it.
TEST_P(RegisteredBytesTest, MemoryComesBackAfterTheFinalCompletion) {
  FileRig rig(GetParam(), WithRegistered(1));
  for (int i = 0; i < 50; ++i) {
    Driven write(rig.file.WriteAt(0, *RegisteredBytes(4096)));
    ASSERT_FALSE(write.Poll());
    EXPECT_FALSE(RegisteredBytes(1).ok());
    write.Drop();
    testing::TurnUntil([] { return RegisteredBytes(1).ok(); });
  }
}

TEST_P(RegisteredBytesTest, MemoryOutlivesItsLoop) {
  OwnedBytes kept;
  {
    testing::AttachedLoop loop(GetParam(), WithRegistered(4));
    kept = *RegisteredBytes(4096);
  }
  std::memset(kept.data(), 1, kept.size());
  EXPECT_EQ(RegisteredBytes(1).error().code(), ErrorCode::kWrongThread);
}

TEST_P(RegisteredBytesTest, ALoopHasNoneByDefault) {
  testing::AttachedLoop loop(GetParam());
  EXPECT_EQ(RegisteredBytes(1).error().code(), ErrorCode::kOutOfMemory);
}

// Past the page cache, where the file system has that.
TEST_P(RegisteredBytesTest, DirectTransfersTakeIt) {
  FileRig rig(GetParam(), WithRegistered(2));
  OpenOptions options = OpenOptions::Update();
  options.direct = true;
  Result<File> file = Await(File::Open(rig.Path("direct"), options));
  if (!file.ok()) {
    EXPECT_EQ(file.error().code(), ErrorCode::kInvalidArgument);  // as of tmpfs
    return;
  }
  OwnedBytes memory = *RegisteredBytes(4096);
  std::memset(memory.data(), 'd', memory.size());
  ASSERT_TRUE(Await(file->WriteAt(0, std::move(memory))).ok());
  const Result<OwnedBytes> read = Await(file->ReadAt(0, *RegisteredBytes(4096)));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->data()[4095], 'd');
}

}  // namespace
}  // namespace zokio::io
