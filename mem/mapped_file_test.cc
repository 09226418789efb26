#include "mem/mapped_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>

namespace zokio {
namespace {

class MappedFileTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = testing::TempDir() + "/mapped." + std::to_string(getpid());
    std::ofstream(path_) << "what the file held";
  }
  void TearDown() override { std::remove(path_.c_str()); }

  MappedFile OpenAs(MappedFile::Mode mode) {
    Result<MappedFile> file = MappedFile::Open(path_.c_str(), mode);
    EXPECT_TRUE(file.ok());
    return *std::move(file);
  }
  std::string FileContents() {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  std::string path_;
};

TEST_F(MappedFileTest, ShowsTheFilesBytes) {
  MappedFile file = OpenAs(MappedFile::Mode::kRead);
  EXPECT_EQ(file.view(), "what the file held");
  for (auto access :
       {MappedFile::Access::kSequential, MappedFile::Access::kRandom, MappedFile::Access::kWillNeed,
        MappedFile::Access::kDontNeed, MappedFile::Access::kNormal}) {
    file.Advise(access);
    EXPECT_EQ(file.view(), "what the file held");
  }
  EXPECT_EQ(file.Grow(100).error().code(), ErrorCode::kPermissionDenied);
}

TEST_F(MappedFileTest, CopyOnWriteLeavesTheFileAlone) {
  MappedFile file = OpenAs(MappedFile::Mode::kCopyOnWrite);
  std::memcpy(file.mutable_data(), "WHAT", 4);
  file.Advise(MappedFile::Access::kDontNeed);
  EXPECT_EQ(file.view(), "WHAT the file held");
  EXPECT_EQ(FileContents(), "what the file held");
}

TEST_F(MappedFileTest, WritesAndGrows) {
  {
    MappedFile file = OpenAs(MappedFile::Mode::kReadWrite);
    ASSERT_TRUE(file.Grow(1 << 20).ok());
    EXPECT_TRUE(file.view().starts_with("what the file held"));
    std::memcpy(file.mutable_data() + (1 << 20) - 3, "end", 3);
    EXPECT_TRUE(file.Sync().ok());
    EXPECT_FALSE(file.Grow(5).ok());
  }
  const std::string contents = FileContents();
  EXPECT_EQ(contents.size(), 1u << 20);
  EXPECT_TRUE(contents.ends_with("end"));
}

TEST_F(MappedFileTest, MakesAnEmptyFileAndGrowsIt) {
  std::remove(path_.c_str());
  MappedFile file = OpenAs(MappedFile::Mode::kReadWrite);
  EXPECT_EQ(file.size(), 0u);
  EXPECT_TRUE(file.Sync().ok());
  ASSERT_TRUE(file.Grow(10).ok());
  file.mutable_data()[9] = 'x';
  MappedFile moved = std::move(file);
  EXPECT_EQ(moved.size(), 10u);
  EXPECT_EQ(FileContents()[9], 'x');
}

TEST_F(MappedFileTest, AssigningClosesTheFileBefore) {
  MappedFile file = OpenAs(MappedFile::Mode::kReadWrite);
  file = OpenAs(MappedFile::Mode::kReadWrite);
  file.Advise(MappedFile::Access::kWillNeed);
  file.Advise(MappedFile::Access::kDontNeed);
  EXPECT_EQ(file.view(), "what the file held");
  EXPECT_TRUE(file.Grow(file.size()).ok());
  EXPECT_EQ(file.data()[5], 't');
  EXPECT_FALSE(OpenAs(MappedFile::Mode::kRead).Grow(100).ok());
}

TEST_F(MappedFileTest, FailsByTypedErrors) {
  Result<MappedFile> missing = MappedFile::Open("/no/such/file", MappedFile::Mode::kRead);
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
  Result<MappedFile> folder = MappedFile::Open("/", MappedFile::Mode::kReadWrite);
  EXPECT_FALSE(folder.ok());
}

TEST_F(MappedFileTest, LivesAsLongAsItsLastBuffer) {
  Buffer slice;
  {
    Buffer buffer = MappedFile::ToBuffer(OpenAs(MappedFile::Mode::kRead));
    EXPECT_EQ(buffer.view(), "what the file held");
    slice = buffer.SliceShared(5, 8);
  }
  EXPECT_EQ(slice.view(), "the file");
}

}  // namespace
}  // namespace zokio
