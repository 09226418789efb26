#include "io/internal/file_calls.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>

#include "io/internal/file_arguments.h"

namespace zokio::io {
namespace {

constexpr size_t kTransferMax = size_t{1} << 30;

template <typename Call>
int32_t Restarting(Call call) {
  while (true) {
    const auto result = call();
    if (result >= 0) return static_cast<int32_t>(result);
    if (errno != EINTR) return -errno;
  }
}

FileType TypeOfEntry(unsigned char type) {
  switch (type) {
    case DT_REG:
      return FileType::kRegular;
    case DT_DIR:
      return FileType::kDirectory;
    case DT_LNK:
      return FileType::kSymlink;
    case DT_SOCK:
      return FileType::kSocket;
    case DT_FIFO:
      return FileType::kPipe;
    case DT_BLK:
    case DT_CHR:
      return FileType::kDevice;
    default:
      return FileType::kUnknown;
  }
}

int32_t ListInto(FileArguments& arguments) {
  DIR* directory = opendir(arguments.path.c_str());
  if (directory == nullptr) return -errno;
  int32_t result = 0;
  while (true) {
    errno = 0;
    const dirent* entry = readdir(directory);  // NOLINT(concurrency-mt-unsafe): of its own
    if (entry == nullptr) {
      result = -errno;
      break;
    }
    if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0) continue;
    arguments.entries.push_back({entry->d_name, TypeOfEntry(entry->d_type)});
  }
  closedir(directory);
  return result;
}

// At most what the kernel gives at once: the caller goes on.
ssize_t CopyRange(NativeHandle from, NativeHandle to, const FileParameters& file) {
  auto in = static_cast<off64_t>(file.offset);
  auto out = in;
  return copy_file_range(from, &in, to, &out, std::min<uint64_t>(file.length, kTransferMax), 0);
}

static_assert(sizeof(IoVector) == sizeof(iovec) &&
              offsetof(IoVector, data) == offsetof(iovec, iov_base) &&
              offsetof(IoVector, size) == offsetof(iovec, iov_len));
const iovec* NativeVectors(const FileArguments& arguments) {
  return reinterpret_cast<const iovec*>(arguments.NextVectors());
}

int64_t Nanoseconds(const statx_timestamp& stamp) {
  return static_cast<int64_t>(stamp.tv_sec) * 1'000'000'000 + stamp.tv_nsec;
}

}  // namespace

int32_t RunFileCall(const Operation& op) {
  const FileParameters& file = op.file;
  const size_t size = std::min(op.bytes.size(), kTransferMax);
  const auto offset = static_cast<off_t>(file.offset);
  FileArguments* path = TakesPath(op.kind) ? ArgumentsOf(op) : nullptr;
  return Restarting([&]() -> ssize_t {
    switch (op.kind) {
      case OpKind::kFileRead:
        return pread(op.handle, op.bytes.data(), size, offset);
      case OpKind::kFileWrite:
        return pwrite(op.handle, op.bytes.data(), size, offset);
      case OpKind::kFileSync:
        return file.flags != 0 ? fdatasync(op.handle) : fsync(op.handle);
      case OpKind::kFileAllocate:
        return fallocate(op.handle, static_cast<int>(file.flags), offset,
                         static_cast<off_t>(file.length));
      case OpKind::kFileTruncate:
        return ftruncate(op.handle, static_cast<off_t>(file.length));
      case OpKind::kFileStat:
        return statx(op.handle, "", AT_EMPTY_PATH, file.mode,
                     reinterpret_cast<struct statx*>(path->status));
      case OpKind::kPathStat:
        return statx(AT_FDCWD, path->path.c_str(), static_cast<int>(file.flags), file.mode,
                     reinterpret_cast<struct statx*>(path->status));
      case OpKind::kOpen:
        return open(path->path.c_str(), static_cast<int>(file.flags), file.mode);
      case OpKind::kRename:
        return renameat2(AT_FDCWD, path->path.c_str(), AT_FDCWD, path->target.c_str(), file.flags);
      case OpKind::kUnlink:
        return unlinkat(AT_FDCWD, path->path.c_str(), static_cast<int>(file.flags));
      case OpKind::kMakeDirectory:
        return mkdir(path->path.c_str(), file.mode);
      case OpKind::kListDirectory:
        errno = -ListInto(*path);
        return errno == 0 ? 0 : -1;
      case OpKind::kWatchPath:
        return inotify_add_watch(op.handle, path->path.c_str(), file.flags);
      case OpKind::kNothing:
        return 0;
      case OpKind::kFileReadVector:
        return preadv(op.handle, NativeVectors(*path), static_cast<int>(path->VectorCount()),
                      offset);
      case OpKind::kFileWriteVector:
        return pwritev(op.handle, NativeVectors(*path), static_cast<int>(path->VectorCount()),
                       offset);
      case OpKind::kFileSplice: {
        auto from = static_cast<off64_t>(file.offset);
        return splice(op.handle, &from, path->copy_target, nullptr, file.length, 0);
      }
      case OpKind::kCopyRange:
        return CopyRange(op.handle, path->copy_target, file);
      default:
        errno = ENOSYS;
        return -1;
    }
  });
}

void DiscardLateFile(const Operation& op) {
  if (op.file.length == kRemoveIfLate) (void)unlink(ArgumentsOf(op)->path.c_str());
}

int32_t TryReadAt(NativeHandle handle, uint8_t* data, size_t size, uint64_t offset) {
  const iovec vector{data, std::min(size, kTransferMax)};
  const ssize_t count = preadv2(handle, &vector, 1, static_cast<off_t>(offset), RWF_NOWAIT);
  if (count >= 0) return static_cast<int32_t>(count);
  // Where the file system or the kernel cannot try, a thread must.
  return errno == EOPNOTSUPP || errno == EINTR || errno == ENOSYS ? -EAGAIN : -errno;
}

uint32_t NativeOpenFlags(const OpenOptions& options) {
  int flags = O_CLOEXEC | O_NOCTTY;
  if (options.read && options.write) {
    flags |= O_RDWR;
  } else {
    flags |= options.write ? O_WRONLY : O_RDONLY;
  }
  if (options.create || options.create_new) flags |= O_CREAT;
  if (options.create_new) flags |= O_EXCL;
  if (options.truncate) flags |= O_TRUNC;
  if (options.append) flags |= O_APPEND;
  if (options.direct) flags |= O_DIRECT;
  if (options.directory) flags |= O_DIRECTORY;
  if (options.temporary) flags |= O_TMPFILE;
  return static_cast<uint32_t>(flags);
}

uint32_t NativeStatusFlags(bool follow_symlinks) {
  return follow_symlinks ? 0 : AT_SYMLINK_NOFOLLOW;
}

uint32_t NativeUnlinkFlags(bool directory) { return directory ? AT_REMOVEDIR : 0; }

uint32_t NativeStatusMask() { return STATX_BASIC_STATS | STATX_BTIME; }

FileStatus StatusFromNative(const uint8_t* status) {
  struct statx native;
  static_assert(sizeof(native) <= sizeof(FileArguments::status));
  std::memcpy(&native, status, sizeof(native));
  FileStatus result;
  result.type = TypeOfEntry(IFTODT(native.stx_mode));
  result.permissions = native.stx_mode & 07777;
  result.size = native.stx_size;
  result.allocated_bytes = native.stx_blocks * 512;
  result.inode = native.stx_ino;
  result.links = native.stx_nlink;
  result.user = native.stx_uid;
  result.group = native.stx_gid;
  result.accessed_ns = Nanoseconds(native.stx_atime);
  result.modified_ns = Nanoseconds(native.stx_mtime);
  result.changed_ns = Nanoseconds(native.stx_ctime);
  if ((native.stx_mask & STATX_BTIME) != 0) result.created_ns = Nanoseconds(native.stx_btime);
  return result;
}

}  // namespace zokio::io
