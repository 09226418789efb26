// MappedFile: a file's bytes as memory.
//
// kRead shares the page cache; kCopyOnWrite gives private pages that may be written without
// changing the file; kReadWrite writes to the file and may Grow it.
//
// Ownership: unmaps when dropped; ToBuffer hands the mapping over to Buffers instead.
// Thread-safety: one thread changes it; its bytes are the kernel's to order against other mappings.
// Errors: those of open, mmap and ftruncate, typed. A file that somebody truncates meanwhile raises
//   SIGBUS on a touch beyond its end: map only files whose owner keeps them.
// Cost: a system call or three; a page fault for each new page, which Advise lets the kernel
//   read ahead.
#ifndef ZOKIO_MEM_MAPPED_FILE_H_
#define ZOKIO_MEM_MAPPED_FILE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "mem/buffer.h"

namespace zokio {

class MappedFile {
 public:
  enum class Mode { kRead, kCopyOnWrite, kReadWrite };
  enum class Access { kNormal, kSequential, kRandom, kWillNeed, kDontNeed };

  // kReadWrite makes the file where there is none.
  static Result<MappedFile> Open(const char* path, Mode mode);

  MappedFile(MappedFile&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        descriptor_(std::exchange(other.descriptor_, -1)) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    if (this != &other) {
      Close();
      data_ = std::exchange(other.data_, nullptr);
      size_ = std::exchange(other.size_, 0);
      descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
  }
  ~MappedFile() { Close(); }

  // An empty file has no bytes.
  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }
  std::string_view view() const { return {reinterpret_cast<const char*>(data_), size_}; }
  // REQUIRES: not kRead.
  uint8_t* mutable_data() { return data_; }

  // How the bytes will be used; a hint.
  void Advise(Access access);
  // kReadWrite: the file and the mapping become `size` bytes; the bytes may move.
  Result<void> Grow(size_t size);
  // kReadWrite: what was written is on the disk when this returns.
  Result<void> Sync();

  // The mapping goes to Buffers and ends with the last of them.
  static Buffer ToBuffer(MappedFile file);

 private:
  MappedFile(uint8_t* data, size_t size, int descriptor)
      : data_(data), size_(size), descriptor_(descriptor) {}
  void Close();

  uint8_t* data_ = nullptr;
  size_t size_ = 0;
  int descriptor_ = -1;  // kept by kReadWrite, for Grow
};

}  // namespace zokio

#endif  // ZOKIO_MEM_MAPPED_FILE_H_
