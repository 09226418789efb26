// FileArguments: what an operation on a path needs besides numbers, and where its answer goes.
//
// Too large for a slot and rare, so it lies on the heap and the operation owns it as its bytes.
//
// Thread-safety: a plain value: the operation's, until it is done; then its future's.
#ifndef ZOKIO_IO_INTERNAL_FILE_ARGUMENTS_H_
#define ZOKIO_IO_INTERNAL_FILE_ARGUMENTS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "io/file/directory_entry.h"
#include "io/operation.h"

namespace zokio::io {

// What the system calls an iovec.
struct IoVector {
  uint8_t* data = nullptr;
  size_t size = 0;
};

struct FileArguments {
  // The system would take a path up to its first NUL, which is another path.
  bool ok() const {
    return path.find('\0') == std::string::npos && target.find('\0') == std::string::npos;
  }

  std::string path;
  std::string target;                    // kRename
  std::vector<DirectoryEntry> entries;   // kListDirectory's answer
  NativeHandle copy_target = kNoHandle;  // kCopyRange, kFileSplice
  OwnedBytes target_keeper;              // ... which it keeps open
  // Of kFileReadVector and kFileWriteVector: the memory, and what of it is still to be moved.
  std::vector<OwnedBytes> pieces;
  std::vector<IoVector> vectors;
  size_t vectors_done = 0;
  alignas(8) uint8_t status[256] = {};  // the statx that the kernel fills

  void ListPieces() {
    vectors.reserve(pieces.size());
    for (const OwnedBytes& piece : pieces) {
      if (piece.size() > 0) vectors.push_back({piece.data(), piece.size()});
    }
  }
  const IoVector* NextVectors() const { return vectors.data() + vectors_done; }
  // The most that the system takes at once.
  uint32_t VectorCount() const {
    return static_cast<uint32_t>(std::min<size_t>(vectors.size() - vectors_done, 1024));
  }
  // Forgets what was moved.  REQUIRES: no more than is left.
  void Advance(size_t count) {
    while (count > 0 && count >= vectors[vectors_done].size) count -= vectors[vectors_done++].size;
    if (count == 0) return;
    vectors[vectors_done].data += count;
    vectors[vectors_done].size -= count;
  }
};

// In FileParameters::length of a kOpen: see OpenOptions::remove_if_late.
inline constexpr uint64_t kRemoveIfLate = 1;

// Which operations have FileArguments as their bytes.
constexpr bool TakesPath(OpKind kind) {
  return kind >= OpKind::kFileStat && kind != OpKind::kNothing;
}

// REQUIRES: TakesPath(op.kind).
inline FileArguments* ArgumentsOf(const Operation& op) {
  return reinterpret_cast<FileArguments*>(op.bytes.data());
}

inline OwnedBytes OwnArguments(std::unique_ptr<FileArguments> arguments) {
  FileArguments* raw = arguments.release();
  return OwnedBytes(
      reinterpret_cast<uint8_t*>(raw), sizeof(FileArguments),
      [](void* owner) { delete static_cast<FileArguments*>(owner); }, raw);
}

}  // namespace zokio::io

#endif  // ZOKIO_IO_INTERNAL_FILE_ARGUMENTS_H_
