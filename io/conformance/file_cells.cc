// Operations on an open file, in every condition.
#include <sys/resource.h>

#include <csignal>
#include <cstring>

#include "io/conformance/file_rig.h"

namespace zokio::io::conformance {
namespace {

struct ReadOp {
  static void Prepare(FileRig&, int) {}
  static auto Make(FileRig& rig, int) { return rig.file.ReadAt(2, 4); }
  static void Check(FileRig&, Result<OwnedBytes>& result) {
    ASSERT_EQ(result->size(), 4u);
    EXPECT_EQ(std::memcmp(result->data(), "2345", 4), 0);
  }
};

struct WriteOp {
  static void Prepare(FileRig&, int) {}
  static auto Make(FileRig& rig, int) { return rig.file.WriteAt(5, std::string("xyz")); }
  static void Check(FileRig& rig, Result<void>&) { EXPECT_EQ(rig.Contents("data"), "01234xyz89"); }
};

struct SyncOp {
  static void Prepare(FileRig&, int) {}
  static auto Make(FileRig& rig, int i) {
    return i % 2 == 0 ? rig.file.Sync() : rig.file.SyncData();
  }
  static void Check(FileRig&, Result<void>&) {}
};

struct AllocateOp {
  static void Prepare(FileRig&, int) {}
  static auto Make(FileRig& rig, int) { return rig.file.Allocate(0, 10'000); }
  static void Check(FileRig& rig, Result<void>&) {
    EXPECT_EQ(std::filesystem::file_size(rig.Path("data")), 10'000u);
  }
};

struct SizeOp {
  static void Prepare(FileRig&, int) {}
  static auto Make(FileRig& rig, int) { return rig.file.Truncate(4); }
  static void Check(FileRig& rig, Result<void>&) { EXPECT_EQ(rig.Contents("data"), "0123"); }
};

struct StatusOp {
  static void Prepare(FileRig&, int) {}
  static auto Make(FileRig& rig, int) { return rig.file.Status(); }
  static void Check(FileRig&, Result<FileStatus>& status) {
    EXPECT_EQ(status->size, 10u);
    EXPECT_EQ(status->type, FileType::kRegular);
    EXPECT_EQ(status->links, 1u);
    EXPECT_GT(status->modified_ns, 1'000'000'000'000'000'000);
  }
};

struct CopyOp {
  // The target is dropped at once: the operation keeps it open.
  static void Prepare(FileRig&, int) {}
  static auto Make(FileRig& rig, int) {
    File target = *Await(File::Open(rig.Path("copy"), OpenOptions::Update()));
    return rig.file.CopyTo(target, 0, 100);
  }
  static void Check(FileRig& rig, Result<uint64_t>& result) {
    EXPECT_EQ(*result, 10u);
    EXPECT_EQ(rig.Contents("copy"), "0123456789");
  }
};

void ReadPartial(BackendChoice choice) {
  FileRig rig(choice);
  EXPECT_EQ(Await(rig.file.ReadAt(7, 100))->size(), 3u);
  uint8_t target[100];
  EXPECT_EQ(*Await(rig.file.ReadAt(4, std::span<uint8_t>(target))), 6u);
  EXPECT_EQ(std::memcmp(target, "456789", 6), 0);
}

void ReadEndOfFile(BackendChoice choice) {
  FileRig rig(choice);
  EXPECT_EQ(Await(rig.file.ReadAt(10, 100))->size(), 0u);
  uint8_t target[4];
  EXPECT_EQ(*Await(rig.file.ReadAt(1000, std::span<uint8_t>(target))), 0u);
}

// Without a buffer of the pool, the heap serves.
void ReadOutOfBuffers(BackendChoice choice) {
  LoopOptions options;
  options.buffers_max = 1;
  FileRig rig(choice, options);
  const Result<OwnedBytes> first = Await(rig.file.ReadAt(0, 4));
  const Result<OwnedBytes> second = Await(rig.file.ReadAt(4, 4));
  const Result<OwnedBytes> third = Await(rig.file.ReadAt(8, 4));
  EXPECT_EQ(std::memcmp(first->data(), "0123", 4), 0);
  EXPECT_EQ(std::memcmp(second->data(), "4567", 4), 0);
  EXPECT_EQ(third->size(), 2u);
}

void WriteOutOfBuffers(BackendChoice choice) {
  LoopOptions options;
  options.buffers_max = 1;
  FileRig rig(choice, options);
  const Result<OwnedBytes> held = Await(rig.file.ReadAt(0, 4));
  const uint8_t text[] = {'a', 'b', 'c'};
  ASSERT_TRUE(Await(rig.file.WriteAt(0, std::span<const uint8_t>(text))).ok());
  ASSERT_TRUE(Await(rig.file.WriteAt(5, std::span<const uint8_t>(text))).ok());
  EXPECT_EQ(rig.Contents("data"), "abc34abc89");
}

// A limit cuts the write short: what fits is written, then the error comes.
void WritePartial(BackendChoice choice) {
  FileRig rig(choice);
  constexpr rlim_t kLimit = 1 << 20;
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit limited{kLimit, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limited), 0);
  const Result<void> result = Await(rig.file.WriteAt(kLimit - 60, std::string(100, 'w')));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().os_error(), EFBIG);
  EXPECT_EQ(std::filesystem::file_size(rig.Path("data")), kLimit);
  EXPECT_EQ(rig.Contents("data").substr(kLimit - 60), std::string(60, 'w'));
}

// The disk is full.
void WriteEndOfFile(BackendChoice choice) {
  FileRig rig(choice);
  Result<File> full = Await(File::Open("/dev/full", OpenOptions::Update()));
  ASSERT_TRUE(full.ok());
  const Result<void> result = Await(full->WriteAt(0, std::string("text")));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kOutOfSpace);
}

void CopyPartial(BackendChoice choice) {
  FileRig rig(choice);
  File target = *Await(File::Open(rig.Path("copy"), OpenOptions::Update()));
  EXPECT_EQ(*Await(rig.file.CopyTo(target, 0, 3)), 3u);
  EXPECT_EQ(*Await(rig.file.CopyTo(target, 3, 100)), 7u);
  EXPECT_EQ(rig.Contents("copy"), "0123456789");
}

void CopyEndOfFile(BackendChoice choice) {
  FileRig rig(choice);
  File target = *Await(File::Open(rig.Path("copy"), OpenOptions::Update()));
  EXPECT_EQ(*Await(rig.file.CopyTo(target, 10, 100)), 0u);
}

}  // namespace

std::vector<Cell> FileCells() {
  std::vector<Cell> cells = {
      {"file_read", "partial", &ReadPartial},
      {"file_read", "end_of_file", &ReadEndOfFile},
      {"file_read", "out_of_buffers", &ReadOutOfBuffers},
      {"file_write", "partial", &WritePartial},
      {"file_write", "end_of_file", &WriteEndOfFile},
      {"file_write", "out_of_buffers", &WriteOutOfBuffers},
      {"file_copy", "partial", &CopyPartial},
      {"file_copy", "end_of_file", &CopyEndOfFile},
  };
  AddFileRows<ReadOp>(cells, "file_read");
  AddFileRows<WriteOp>(cells, "file_write");
  AddFileRows<SyncOp>(cells, "file_sync");
  AddFileRows<AllocateOp>(cells, "file_allocate");
  AddFileRows<SizeOp>(cells, "file_size");
  AddFileRows<StatusOp>(cells, "file_status");
  AddFileRows<CopyOp>(cells, "file_copy");
  return cells;
}

}  // namespace zokio::io::conformance
