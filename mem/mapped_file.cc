#include "mem/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace zokio {
namespace {

// What ToBuffer gives to the Buffers.
struct Mapping {
  uint8_t* data;
  size_t size;
};

}  // namespace

Result<MappedFile> MappedFile::Open(const char* path, Mode mode) {
  const int flags = mode == Mode::kReadWrite ? O_RDWR | O_CREAT : O_RDONLY;
  const int descriptor = open(path, flags | O_CLOEXEC, 0666);
  if (descriptor < 0) return Error::FromErrno(errno, "open");
  MappedFile file(nullptr, 0, descriptor);
  struct stat status;
  if (fstat(descriptor, &status) != 0) return Error::FromErrno(errno, "fstat");
  const size_t size = static_cast<size_t>(status.st_size);
  if (size > 0) {
    const int protection = mode == Mode::kRead ? PROT_READ : PROT_READ | PROT_WRITE;
    const int sharing = mode == Mode::kCopyOnWrite ? MAP_PRIVATE : MAP_SHARED;
    void* data = mmap(nullptr, size, protection, sharing, descriptor, 0);
    if (data == MAP_FAILED) return Error::FromErrno(errno, "mmap");
    file.data_ = static_cast<uint8_t*>(data);
    file.size_ = size;
  }
  if (mode != Mode::kReadWrite) {
    close(std::exchange(file.descriptor_, -1));  // the mapping stays
  }
  return file;
}

void MappedFile::Close() {
  if (data_ != nullptr) munmap(data_, size_);
  if (descriptor_ >= 0) close(descriptor_);
}

void MappedFile::Advise(Access access) {
  if (data_ == nullptr) return;
  int advice = MADV_NORMAL;
  switch (access) {
    case Access::kNormal:
      break;
    case Access::kSequential:
      advice = MADV_SEQUENTIAL;
      break;
    case Access::kRandom:
      advice = MADV_RANDOM;
      break;
    case Access::kWillNeed:
      advice = MADV_WILLNEED;
      break;
    case Access::kDontNeed:
      // Of a private mapping this would forget what was written.
      if (descriptor_ < 0) return;
      advice = MADV_DONTNEED;
      break;
  }
  (void)madvise(data_, size_, advice);
}

Result<void> MappedFile::Grow(size_t size) {
  if (descriptor_ < 0) return Error(ErrorCode::kPermissionDenied, "MappedFile::Grow");
  if (size < size_) return Error(ErrorCode::kInvalidArgument, "MappedFile::Grow");
  if (size == size_) return {};
  if (ftruncate(descriptor_, static_cast<off_t>(size)) != 0) {
    return Error::FromErrno(errno, "ftruncate");
  }
  void* data = data_ == nullptr
                   ? mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0)
                   : mremap(data_, size_, size, MREMAP_MAYMOVE);
  if (data == MAP_FAILED) return Error::FromErrno(errno, "mremap");
  data_ = static_cast<uint8_t*>(data);
  size_ = size;
  return {};
}

Result<void> MappedFile::Sync() {
  if (data_ != nullptr && msync(data_, size_, MS_SYNC) != 0) {
    return Error::FromErrno(errno, "msync");
  }
  return {};
}

Buffer MappedFile::ToBuffer(MappedFile file) {
  if (file.data_ == nullptr) return {};
  auto* mapping = new Mapping{std::exchange(file.data_, nullptr), std::exchange(file.size_, 0)};
  return Buffer::Adopt(
      {mapping->data, mapping->size},
      [](void* context) {
        auto* mine = static_cast<Mapping*>(context);
        munmap(mine->data, mine->size);
        delete mine;
      },
      mapping);
}

}  // namespace zokio
