// Transfers from and to several places, aligned memory, temporary files.
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "io/aligned_bytes.h"
#include "io/conformance/file_rig.h"

namespace zokio::io {
namespace {

using conformance::FileRig;
using testing::Await;
using testing::Driven;

class FileVectorTest : public testing::BackendTest {};
ZOKIO_IO_ON_EACH_BACKEND(FileVectorTest);

OwnedBytes Filled(size_t size, char with) {
  OwnedBytes bytes = *AlignedBytes(size);
  std::memset(bytes.data(), with, size);
  return bytes;
}

std::string TextOf(const std::vector<OwnedBytes>& pieces) {
  std::string text;
  for (const OwnedBytes& piece : pieces) {
    text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  }
  return text;
}

TEST_P(FileVectorTest, PiecesFollowEachOther) {
  FileRig rig(GetParam());
  std::vector<OwnedBytes> pieces;
  pieces.push_back(Filled(3, 'x'));
  pieces.push_back(OwnedBytes());
  pieces.push_back(Filled(4, 'y'));
  ASSERT_TRUE(Await(rig.file.WriteAt(2, std::move(pieces))).ok());
  EXPECT_EQ(rig.Contents("data"), "01xxxyyyy9");
  std::vector<OwnedBytes> places;
  places.push_back(Filled(4, '-'));
  places.push_back(Filled(100, '-'));
  Result<std::vector<OwnedBytes>> read = Await(rig.file.ReadAt(3, std::move(places)));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ((*read)[0].size(), 4u);
  EXPECT_EQ(TextOf(*read), "xxyyyy9");
  EXPECT_TRUE(Await(rig.file.WriteAt(0, std::vector<OwnedBytes>())).ok());
}

// More pieces than the system takes at once.
TEST_P(FileVectorTest, ManyPiecesAreWrittenByAndBy) {
  FileRig rig(GetParam());
  std::vector<OwnedBytes> pieces;
  std::string expected;
  for (int i = 0; i < 2500; ++i) {
    const auto letter = static_cast<char>('a' + i % 26);
    pieces.push_back(Filled(static_cast<size_t>(1 + i % 3), letter));
    expected.append(pieces.back().size(), letter);
  }
  ASSERT_TRUE(Await(rig.file.WriteAt(0, std::move(pieces))).ok());
  EXPECT_TRUE(rig.Contents("data") == expected);
}

TEST_P(FileVectorTest, DroppedAtAnyTimeItLeaksNothing) {
  FileRig rig(GetParam());
  for (int round = 0; round < 20; ++round) {
    std::vector<OwnedBytes> pieces;
    for (int i = 0; i < 8; ++i) pieces.push_back(Filled(1000, 'd'));
    Driven write(rig.file.WriteAt(0, std::move(pieces)));
    (void)write.Poll();
    if (round % 2 == 0) rig.loop->Poll();
  }
  rig.Settle();
}

TEST_P(FileVectorTest, ATemporaryFileHasNoName) {
  FileRig rig(GetParam());
  Result<File> file = Await(File::Open(rig.directory, OpenOptions::Temporary()));
  ASSERT_TRUE(file.ok()) << file.error().ToString();
  ASSERT_TRUE(Await(file->WriteAt(0, std::string("unseen"))).ok());
  EXPECT_EQ(Await(file->ReadAt(0, 100))->size(), 6u);
  EXPECT_EQ(Await(file->Status())->links, 0u);
  EXPECT_EQ(Await(ListDirectory(rig.directory))->size(), 1u);  // "data"
}

// Past the page cache, where the file system has that: with aligned memory it works, without it is
// the error of the system.
TEST_P(FileVectorTest, DirectTransfersWantAlignedMemory) {
  FileRig rig(GetParam());
  OpenOptions options = OpenOptions::Update();
  options.direct = true;
  Result<File> file = Await(File::Open(rig.Path("direct"), options));
  if (!file.ok()) {
    EXPECT_EQ(file.error().code(), ErrorCode::kInvalidArgument);  // as of tmpfs
    return;
  }
  ASSERT_TRUE(Await(file->WriteAt(0, Filled(8192, 'd'))).ok());
  const Result<OwnedBytes> bytes = Await(file->ReadAt(4096, *AlignedBytes(4096)));
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(bytes->size(), 4096u);
  EXPECT_EQ(bytes->data()[4095], 'd');
}

TEST(AlignedBytesTest, MoreThanThereIsIsAnError) {
  if (io::testing::kSanitized) return;  // its allocator ends the program instead
  const Result<OwnedBytes> bytes = AlignedBytes(size_t{1} << 62);
  ASSERT_FALSE(bytes.ok());
  EXPECT_EQ(bytes.error().code(), ErrorCode::kOutOfMemory);
}

// Polls `F` first when the task has no step left.
template <typename F>
class Tired {
 public:
  explicit Tired(F future) : future_(std::move(future)) {}
  auto poll(Context& context) {
    if (std::exchange(first_, false)) context.environment().budget = 0;
    return future_.poll(context);
  }

 private:
  F future_;
  bool first_ = true;
};
template <typename F>
Tired(F) -> Tired<F>;

// Memory that counts how often it was given back.
OwnedBytes Counted(std::string& text, int& releases) {
  return OwnedBytes(
      reinterpret_cast<uint8_t*>(text.data()), text.size(),
      [](void* count) { ++*static_cast<int*>(count); }, &releases);
}

// A first poll that only makes room for others has taken nothing.
TEST_P(FileVectorTest, ASpentBudgetLosesNoBytes) {
  FileRig rig(GetParam());
  Driven text(Tired(rig.file.WriteAt(0, std::string("abcd"))));
  ASSERT_FALSE(text.Poll());
  ASSERT_TRUE(text.Finish().ok());
  EXPECT_EQ(rig.Contents("data"), "abcd456789");
  std::string memory = "efgh";
  int releases = 0;
  {
    Driven owned(Tired(rig.file.WriteAt(4, Counted(memory, releases))));
    ASSERT_FALSE(owned.Poll());
    EXPECT_EQ(releases, 0);
    ASSERT_TRUE(owned.Finish().ok());
  }
  EXPECT_EQ(rig.Contents("data"), "abcdefgh89");
  EXPECT_EQ(releases, 1);
  Driven read(Tired(rig.file.ReadAt(4, Counted(memory, releases))));
  ASSERT_FALSE(read.Poll());
  EXPECT_EQ(releases, 1);
  {
    const Result<OwnedBytes> bytes = read.Finish();
    ASSERT_TRUE(bytes.ok());
    EXPECT_EQ(bytes->size(), 4u);
    EXPECT_EQ(releases, 1);
  }
  uint8_t target[4];
  Driven copy(Tired(rig.file.ReadAt(0, std::span<uint8_t>(target))));
  EXPECT_FALSE(copy.Poll());  // also where the page cache has it: others get their turn
  EXPECT_EQ(*copy.Finish(), 4u);
}

// Whatever offset is given.
TEST_P(FileVectorTest, AppendGoesToTheEnd) {
  FileRig rig(GetParam());
  Result<File> file = Await(File::Open(rig.Path("data"), OpenOptions::Append()));
  ASSERT_TRUE(Await(file->WriteAt(0, std::string("+one"))).ok());
  ASSERT_TRUE(Await(file->WriteAt(0, std::string("+two"))).ok());
  EXPECT_EQ(rig.Contents("data"), "0123456789+one+two");
}

}  // namespace
}  // namespace zokio::io
