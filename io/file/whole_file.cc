#include "io/file/whole_file.h"

#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/random.h"
#include "io/file/file.h"
#include "io/file/file_system.h"

namespace zokio {
namespace {

constexpr size_t kPieceMin = size_t{64} << 10;
constexpr size_t kPieceMax = size_t{4} << 20;

// Removes the temporary file unless it was renamed. By a direct call: whoever is cancelled cannot
// wait, and nobody else will come by.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string path) : path_(std::move(path)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!path_.empty()) (void)unlink(path_.c_str());
  }
  const std::string& path() const { return path_; }
  void Keep() { path_.clear(); }

 private:
  std::string path_;
};

// A name that no other call, here or in another process, has at this time; made exclusively anyhow.
std::string TemporaryName(const std::string& path) {
  static Atomic<uint64_t> counter{0};
  const auto now = Clock::Monotonic().Now().time_since_epoch().count();
  Random random(static_cast<uint64_t>(now) ^ (static_cast<uint64_t>(getpid()) << 32));
  return path + ".tmp-" + std::to_string(getpid()) + "-" +
         std::to_string(counter.fetch_add(1, memory_order_relaxed)) + "-" +
         std::to_string(random.Next());
}

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Task<Result<void>> SyncDirectory(std::string path) {
  OpenOptions options;
  options.directory = true;
  Result<File> directory = co_await File::Open(path, options);
  if (!directory.ok()) co_return directory.error();
  co_return co_await directory->Sync();
}

// The file is dropped as soon as it is not needed, so that the name can be renamed on any platform.
Task<Result<void>> WriteNew(std::string path, std::string data, OpenOptions options, bool sync) {
  Result<File> file = co_await File::Open(path, options);
  if (!file.ok()) co_return file.error();
  Result<void> written = co_await file->WriteAt(0, std::move(data));
  if (!written.ok() || !sync) co_return written;
  co_return co_await file->Sync();
}

}  // namespace

Task<Result<std::string>> ReadFile(std::string path, uint64_t size_max) {
  Result<File> file = co_await File::Open(path);
  if (!file.ok()) co_return file.error();
  const Result<FileStatus> status = co_await file->Status();
  if (!status.ok()) co_return status.error();
  if (status->size > size_max) co_return Error(ErrorCode::kOutOfRange, "read file");
  std::string text;
  text.reserve(status->size);
  while (true) {
    // One byte more than is left, to see the end without another round.
    const uint64_t left = status->size > text.size() ? status->size - text.size() + 1 : 0;
    const size_t piece = std::clamp<uint64_t>(left, kPieceMin, kPieceMax);
    Result<io::OwnedBytes> bytes = co_await file->ReadAt(text.size(), piece);
    if (!bytes.ok()) co_return bytes.error();
    if (bytes->size() == 0) co_return std::move(text);
    if (text.size() + bytes->size() > size_max) {
      co_return Error(ErrorCode::kOutOfRange, "read file");
    }
    text.append(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  }
}

Task<Result<void>> WriteFile(std::string path, std::string data) {
  co_return co_await WriteNew(std::move(path), std::move(data), OpenOptions::Write(), false);
}

Task<Result<void>> WriteFileAtomically(std::string path, std::string data, uint32_t permissions) {
  TemporaryFile temporary(TemporaryName(path));
  OpenOptions options = OpenOptions::Write();
  options.truncate = false;
  options.create_new = true;
  options.remove_if_late = true;
  options.permissions = permissions;
  Result<void> done = co_await WriteNew(temporary.path(), std::move(data), options, true);
  if (!done.ok()) co_return done;
  done = co_await RenameFile(temporary.path(), path);
  if (!done.ok()) co_return done;
  temporary.Keep();
  co_return co_await SyncDirectory(DirectoryOf(path));
}

Task<Result<uint64_t>> CopyFile(std::string from, std::string to) {
  Result<File> source = co_await File::Open(from);
  if (!source.ok()) co_return source.error();
  Result<File> target = co_await File::Open(to, OpenOptions::Write());
  if (!target.ok()) co_return target.error();
  uint64_t done = 0;
  bool in_kernel = true;
  while (true) {
    if (in_kernel) {
      const Result<uint64_t> copied = co_await source->CopyTo(*target, done, kReadFileMax);
      if (copied.ok() && *copied > 0) {
        done += *copied;
        continue;
      }
      // Some file systems refuse, some answer 0 for files that tell no size: copy by hand.
      in_kernel = false;
    }
    Result<io::OwnedBytes> bytes = co_await source->ReadAt(done, kPieceMax);
    if (!bytes.ok()) co_return bytes.error();
    const size_t size = bytes->size();
    if (size == 0) co_return done;
    const Result<void> written = co_await target->WriteAt(done, *std::move(bytes));
    if (!written.ok()) co_return written.error();
    done += size;
  }
}

}  // namespace zokio
