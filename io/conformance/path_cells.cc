// Operations on names in the file system, in every condition.
#include <algorithm>

#include "io/conformance/file_rig.h"
#include "io/nothing.h"

namespace zokio::io::conformance {
namespace {

struct OpenOp {
  static void Prepare(FileRig&, int) {}
  static auto Make(FileRig& rig, int i) {
    OpenOptions options = OpenOptions::Write();
    options.create_new = true;
    return File::Open(rig.Path("opened", i), options);
  }
  static void Check(FileRig& rig, Result<File>& file) {
    ASSERT_TRUE(Await(file->WriteAt(0, std::string("new"))).ok());
    EXPECT_EQ(rig.Contents("opened0"), "new");
    EXPECT_EQ(Await(Make(rig, 0)).error().code(), ErrorCode::kAlreadyExists);
    EXPECT_EQ(Await(File::Open(rig.Path("nowhere"))).error().code(), ErrorCode::kNotFound);
    // Of a file that nobody may write, root included.
    const OpenOptions update = OpenOptions::Update();
    EXPECT_EQ(Await(File::Open("/proc/sys/kernel/ostype", update)).error().code(),
              ErrorCode::kPermissionDenied);
    EXPECT_EQ(Await(File::Open(std::string("a\0b", 3))).error().code(),
              ErrorCode::kInvalidArgument);
  }
};

struct StatusOp {
  static void Prepare(FileRig&, int) {}
  static auto Make(FileRig& rig, int) { return StatusOf(rig.Path("data")); }
  static void Check(FileRig& rig, Result<FileStatus>& status) {
    EXPECT_EQ(status->size, 10u);
    EXPECT_EQ(Await(StatusOf(rig.directory))->type, FileType::kDirectory);
    std::filesystem::create_symlink("data", rig.Path("link"));
    EXPECT_EQ(Await(StatusOf(rig.Path("link")))->type, FileType::kRegular);
    EXPECT_EQ(Await(StatusOf(rig.Path("link"), false))->type, FileType::kSymlink);
    EXPECT_EQ(Await(StatusOf(rig.Path("nowhere"))).error().code(), ErrorCode::kNotFound);
  }
};

struct RenameOp {
  static void Prepare(FileRig& rig, int i) { rig.Write("old" + std::to_string(i), "moved"); }
  static auto Make(FileRig& rig, int i) {
    return RenameFile(rig.Path("old", i), rig.Path("new", i));
  }
  static void Check(FileRig& rig, Result<void>&) {
    EXPECT_FALSE(rig.Exists("old0"));
    EXPECT_EQ(rig.Contents("new0"), "moved");
    EXPECT_EQ(Await(Make(rig, 0)).error().code(), ErrorCode::kNotFound);
  }
};

struct UnlinkOp {
  static void Prepare(FileRig& rig, int i) {
    rig.Write("gone" + std::to_string(i), "");
    std::filesystem::create_directory(rig.Path("empty", i));
  }
  static auto Make(FileRig& rig, int i) {
    return i % 2 == 0 ? RemoveFile(rig.Path("gone", i)) : RemoveDirectory(rig.Path("empty", i));
  }
  static void Check(FileRig& rig, Result<void>&) {
    EXPECT_FALSE(rig.Exists("gone0"));
    EXPECT_TRUE(Await(RemoveDirectory(rig.Path("empty0"))).ok());
    EXPECT_FALSE(rig.Exists("empty0"));
    EXPECT_FALSE(Await(RemoveDirectory(rig.directory)).ok());  // not empty
  }
};

struct MakeDirectoryOp {
  static void Prepare(FileRig&, int) {}
  static auto Make(FileRig& rig, int i) { return CreateDirectory(rig.Path("made", i)); }
  static void Check(FileRig& rig, Result<void>&) {
    EXPECT_TRUE(std::filesystem::is_directory(rig.Path("made0")));
    EXPECT_EQ(Await(Make(rig, 0)).error().code(), ErrorCode::kAlreadyExists);
  }
};

struct ListOp {
  static void Prepare(FileRig& rig, int i) {
    if (i > 0) return;
    std::filesystem::create_directory(rig.Path("sub"));
    std::filesystem::create_symlink("data", rig.Path("zlink"));
  }
  static auto Make(FileRig& rig, int) { return ListDirectory(rig.directory); }
  static void Check(FileRig& rig, Result<std::vector<DirectoryEntry>>& result) {
    std::vector<DirectoryEntry> entries = *result;
    std::sort(entries.begin(), entries.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    ASSERT_EQ(entries.size(), 3u);
    EXPECT_EQ(entries[0].name, "data");
    EXPECT_EQ(entries[0].type, FileType::kRegular);
    EXPECT_EQ(entries[1].name, "sub");
    EXPECT_EQ(entries[1].type, FileType::kDirectory);
    EXPECT_EQ(entries[2].type, FileType::kSymlink);
    EXPECT_EQ(Await(ListDirectory(rig.Path("nowhere"))).error().code(), ErrorCode::kNotFound);
  }
};

struct NothingOp {
  static void Prepare(FileRig&, int) {}
  static auto Make(FileRig&, int) { return DoNothing(); }
  static void Check(FileRig&, Result<void>&) {}
};

}  // namespace

std::vector<Cell> PathCells() {
  std::vector<Cell> cells;
  AddPathRows<OpenOp>(cells, "open");
  AddPathRows<StatusOp>(cells, "status");
  AddPathRows<RenameOp>(cells, "rename");
  AddPathRows<UnlinkOp>(cells, "unlink");
  AddPathRows<MakeDirectoryOp>(cells, "make_directory");
  AddPathRows<ListOp>(cells, "list_directory");
  AddPathRows<NothingOp>(cells, "nothing");
  return cells;
}

}  // namespace zokio::io::conformance
