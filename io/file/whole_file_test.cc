#include "io/file/whole_file.h"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/thread.h"
#include "future/local_executor.h"
#include "io/conformance/file_rig.h"

namespace zokio::io {
namespace {

using conformance::FileRig;
using testing::RunTask;

class WholeFileTest : public testing::BackendTest {};
ZOKIO_IO_ON_EACH_BACKEND(WholeFileTest);

std::vector<std::string> Names(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    names.push_back(entry.path().filename());
  }
  return names;
}

std::string RandomText(size_t size) {
  Random random(7);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random.Next());
  return text;
}

TEST_P(WholeFileTest, WhatIsWrittenIsRead) {
  FileRig rig(GetParam());
  for (const size_t size : {size_t{0}, size_t{1}, size_t{4096}, size_t{5'000'001}}) {
    const std::string text = RandomText(size);
    ASSERT_TRUE(RunTask(WriteFile(rig.Path("whole"), text)).ok());
    const Result<std::string> read = RunTask(ReadFile(rig.Path("whole")));
    ASSERT_TRUE(read.ok());
    EXPECT_TRUE(*read == text) << size;
    EXPECT_EQ(*RunTask(CopyFile(rig.Path("whole"), rig.Path("copy"))), size);
    EXPECT_TRUE(rig.Contents("copy") == text);
  }
}

TEST_P(WholeFileTest, FilesWithoutASizeAreReadToTheirEnd) {
  FileRig rig(GetParam());
  const Result<std::string> maps = RunTask(ReadFile("/proc/self/status"));
  ASSERT_TRUE(maps.ok());
  EXPECT_NE(maps->find("VmRSS"), std::string::npos);
  const Result<uint64_t> copied = RunTask(CopyFile("/proc/self/status", rig.Path("status")));
  EXPECT_GT(*copied, 100u);
}

TEST_P(WholeFileTest, ALimitHolds) {
  FileRig rig(GetParam());
  EXPECT_EQ(RunTask(ReadFile(rig.Path("data"), 9)).error().code(), ErrorCode::kOutOfRange);
  EXPECT_EQ(*RunTask(ReadFile(rig.Path("data"), 10)), "0123456789");
  EXPECT_EQ(RunTask(ReadFile("/proc/self/status", 10)).error().code(), ErrorCode::kOutOfRange);
}

TEST_P(WholeFileTest, AnAtomicWriteReplacesAndLeavesNothingBehind) {
  FileRig rig(GetParam());
  ASSERT_TRUE(RunTask(WriteFileAtomically(rig.Path("data"), "new text", 0600)).ok());
  EXPECT_EQ(rig.Contents("data"), "new text");
  EXPECT_EQ(Names(rig.directory), std::vector<std::string>{"data"});
  std::filesystem::create_directory(rig.Path("taken"));
  EXPECT_FALSE(RunTask(WriteFileAtomically(rig.Path("taken"), "text")).ok());
  EXPECT_FALSE(RunTask(WriteFileAtomically(rig.Path("none/x"), "text")).ok());
  EXPECT_EQ(Names(rig.directory).size(), 2u);
}

// Cancelled after any number of turns, the file is the old one or the new one, and alone.
TEST_P(WholeFileTest, ACancelledAtomicWriteLeavesNothingBehind) {
  for (int turns = 0; turns < 24; ++turns) {
    FileRig rig(GetParam());
    {
      LocalExecutor executor;
      JoinHandle<Result<void>> handle =
          Spawn(executor, WriteFileAtomically(rig.Path("data"), "new text"));
      for (int i = 0; i < turns; ++i) {
        executor.RunUntilIdle();
        rig.loop->Poll();
      }
    }
    rig.Settle();
    const std::string text = rig.Contents("data");
    EXPECT_TRUE(text == "new text" || text == "0123456789") << text;
    EXPECT_EQ(Names(rig.directory), std::vector<std::string>{"data"}) << "after " << turns;
  }
}

// Reads and writes that others drop, on their threads, while the loop works.
TEST_P(WholeFileTest, OperationsMayBeDroppedOnAnotherThread) {
  FileRig rig(GetParam());
  for (int round = 0; round < 30; ++round) {
    std::vector<std::unique_ptr<testing::Driven<WriteFileAt>>> writes;
    for (int i = 0; i < 8; ++i) {
      writes.push_back(std::make_unique<testing::Driven<WriteFileAt>>(
          rig.file.WriteAt(static_cast<uint64_t>(i) * 10, std::string("0123456789"))));
      (void)writes.back()->Poll();
    }
    rig.loop->Poll();
    Thread dropper = *Thread::Start("dropper", [&] { writes.clear(); });
    rig.loop->Poll();
    dropper.Join();
  }
  rig.Settle();
  EXPECT_EQ(rig.Contents("data").substr(0, 10), "0123456789");
}

TEST_P(WholeFileTest, ALoopThatEndsFinishesWhatIsUnderWay) {
  FileRig rig(GetParam());
  std::vector<std::unique_ptr<testing::Driven<WriteFileAt>>> writes;
  for (uint64_t i = 0; i < 16; ++i) {
    writes.push_back(std::make_unique<testing::Driven<WriteFileAt>>(
        rig.file.WriteAt(i * 100'000, std::string(100'000, 'x'))));
    ASSERT_FALSE(writes.back()->Poll());
  }
  rig.loop.End();
  for (auto& write : writes) {
    EXPECT_TRUE(write->woken());
    ASSERT_TRUE(write->Poll());  // done, or withdrawn in time
    if (!write->value().ok()) {
      EXPECT_EQ(write->value().error().code(), ErrorCode::kShutdown);
    }
  }
  EXPECT_EQ(testing::Await(StatusOf(rig.directory)).error().code(), ErrorCode::kWrongThread);
}

}  // namespace
}  // namespace zokio::io
