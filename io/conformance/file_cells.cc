// Operations on an open file, in every condition.
#include <sys/resource.h>

#include <csignal>
#include <cstring>

#include "io/conformance/file_rig.h"

namespace zokio::io::conformance {
namespace {

// A read may give less than asked for, but something.
void ExpectStartOf(std::string_view text, const OwnedBytes& bytes) {
  ASSERT_GE(bytes.size(), 1u);
  ASSERT_LE(bytes.size(), text.size());
  EXPECT_EQ(std::memcmp(bytes.data(), text.data(), bytes.size()), 0);
}

struct ReadOp {
  static void Prepare(FileRig&, int) {}
  static auto Make(FileRig& rig, int) { return rig.file.ReadAt(2, 4); }
  static void Check(FileRig&, Result<OwnedBytes>& result) { ExpectStartOf("2345", *result); }
};

struct WriteOp {
  static void Prepare(FileRig&, int) {}
  static auto Make(FileRig& rig, int) { return rig.file.WriteAt(5, std::string("xyz")); }
  static void Check(FileRig& rig, Result<void>&) { EXPECT_EQ(rig.Contents("data"), "01234xyz89"); }
};

// Memory that says nothing of its end.
OwnedBytes Piece(std::string text) {
  auto* kept = new std::string(std::move(text));
  return OwnedBytes(
      reinterpret_cast<uint8_t*>(kept->data()), kept->size(),
      [](void* owner) { delete static_cast<std::string*>(owner); }, kept);
}

std::vector<OwnedBytes> Pieces(const std::string& first, const std::string& second) {
  std::vector<OwnedBytes> pieces;
  pieces.push_back(Piece(first));
  pieces.push_back(Piece(second));
  return pieces;
}

struct ReadVectorOp {
  static void Prepare(FileRig&, int) {}
  static auto Make(FileRig& rig, int) { return rig.file.ReadAt(2, Pieces("..", "...")); }
  static void Check(FileRig&, Result<std::vector<OwnedBytes>>& result) {
    EXPECT_EQ(std::memcmp((*result)[0].data(), "23", 2), 0);
    EXPECT_EQ(std::memcmp((*result)[1].data(), "456", 3), 0);
  }
};

struct WriteVectorOp {
  static void Prepare(FileRig&, int) {}
  static auto Make(FileRig& rig, int) { return rig.file.WriteAt(5, Pieces("x", "yz")); }
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
  ExpectStartOf("789", *Await(rig.file.ReadAt(7, 100)));
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
  ExpectStartOf("0123", *first);
  ExpectStartOf("4567", *second);
  ExpectStartOf("89", *third);
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

void ReadVectorPartial(BackendChoice choice) {
  FileRig rig(choice);
  const Result<std::vector<OwnedBytes>> read = Await(rig.file.ReadAt(7, Pieces("..", "....")));
  EXPECT_EQ((*read)[0].size(), 2u);
  EXPECT_EQ((*read)[1].size(), 1u);
}

void ReadVectorEndOfFile(BackendChoice choice) {
  FileRig rig(choice);
  const Result<std::vector<OwnedBytes>> read = Await(rig.file.ReadAt(10, Pieces("..", "....")));
  EXPECT_EQ((*read)[0].size() + (*read)[1].size(), 0u);
}

// A limit cuts the write short: what fits is written, then the error comes.
template <typename Make>
void WriteUpToTheLimit(BackendChoice choice, Make make) {
  FileRig rig(choice);
  constexpr rlim_t kLimit = 1 << 20;
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit limited{kLimit, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limited), 0);
  const Result<void> result = Await(make(rig.file, kLimit - 60));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().os_error(), EFBIG);
  EXPECT_EQ(result.error().code(), ErrorCode::kOutOfRange);
  EXPECT_EQ(std::filesystem::file_size(rig.Path("data")), kLimit);
  EXPECT_EQ(rig.Contents("data").substr(kLimit - 60), std::string(60, 'w'));
}

void WritePartial(BackendChoice choice) {
  WriteUpToTheLimit(choice, [](File& file, uint64_t offset) {
    return file.WriteAt(offset, std::string(100, 'w'));
  });
}

void WriteVectorPartial(BackendChoice choice) {
  WriteUpToTheLimit(choice, [](File& file, uint64_t offset) {
    return file.WriteAt(offset, Pieces(std::string(50, 'w'), std::string(50, 'w')));
  });
}

void WriteVectorEndOfFile(BackendChoice choice) {
  FileRig rig(choice);
  Result<File> full = Await(File::Open("/dev/full", OpenOptions::Update()));
  ASSERT_TRUE(full.ok());
  const Result<void> result = Await(full->WriteAt(0, Pieces("te", "xt")));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kOutOfSpace);
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
      {"file_read_vector", "partial", &ReadVectorPartial},
      {"file_read_vector", "end_of_file", &ReadVectorEndOfFile},
      {"file_write_vector", "partial", &WriteVectorPartial},
      {"file_write_vector", "end_of_file", &WriteVectorEndOfFile},
      {"file_copy", "partial", &CopyPartial},
      {"file_copy", "end_of_file", &CopyEndOfFile},
  };
  AddFileRows<ReadOp>(cells, "file_read");
  AddFileRows<WriteOp>(cells, "file_write");
  AddFileRows<ReadVectorOp>(cells, "file_read_vector");
  AddFileRows<WriteVectorOp>(cells, "file_write_vector");
  AddFileRows<SyncOp>(cells, "file_sync");
  AddFileRows<AllocateOp>(cells, "file_allocate");
  AddFileRows<SizeOp>(cells, "file_size");
  AddFileRows<StatusOp>(cells, "file_status");
  AddFileRows<CopyOp>(cells, "file_copy");
  return cells;
}

}  // namespace zokio::io::conformance
