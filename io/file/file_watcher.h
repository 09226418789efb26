// FileWatcher: changes of files and directories, as a stream of events.
//
//   auto watcher = zokio::FileWatcher::Open();
//   auto directory = co_await watcher->Add("/etc/service");
//   while (true) {
//     auto event = co_await watcher->Next();
//     if (!event.ok()) break;
//     if (event->Has(zokio::WatchEvent::kWritten) && event->name == "config") Reload();
//   }
//
// A directory is watched without those below it.
//
// Ownership: owns its descriptor and the watches. A future's first poll, and its end, must come
//   while the watcher lives and is not moved.
// Thread-safety: one thread at a time; made on a loop's thread.
// Cancellation: dropping Next loses no event.
// Errors: kNotFound, kPermissionDenied, kTooManyFiles, kOutOfSpace (the system's limit of watches),
//   kClosed, kShutdown, kWrongThread. Events that were lost are an event, kOverflow.
// Cost: one system call for up to 16 KiB of events.
#ifndef ZOKIO_IO_FILE_FILE_WATCHER_H_
#define ZOKIO_IO_FILE_FILE_WATCHER_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "future/context.h"
#include "future/poll.h"
#include "io/file/file_future.h"
#include "io/file/watch_event.h"
#include "io/internal/polled_socket.h"
#include "io/internal/socket_wait.h"

namespace zokio {

class FileWatcher;

class [[nodiscard]] NextWatchEvent {
 public:
  explicit NextWatchEvent(FileWatcher* watcher) : watcher_(watcher) {}
  NextWatchEvent(NextWatchEvent&&) = default;

  Poll<Result<WatchEvent>> poll(Context& context);

 private:
  FileWatcher* watcher_;
  io::SocketWait<io::Direction::kRead> wait_;
};

class FileWatcher {
 public:
  FileWatcher() = default;
  FileWatcher(FileWatcher&&) = default;
  FileWatcher& operator=(FileWatcher&&) = default;

  static Result<FileWatcher> Open();

  // Begins to watch; the number that its events will have. A path watched already has the same one.
  // The file system looks the path up, which may take long: a thread that may block does it.
  // Dropped before its end, the path may still come to be watched.
  FileFuture<int32_t> Add(std::string_view path);
  // Looks nothing up.
  Result<void> Remove(int32_t watch);

  NextWatchEvent Next() { return NextWatchEvent(this); }

  bool open() const { return handle_.open(); }
  // Idempotent; wakes a pending Next with kClosed.
  void Close() { handle_.Close(); }

 private:
  friend class NextWatchEvent;

  io::PolledSocket handle_;
  std::vector<uint8_t> buffer_;
  std::span<const uint8_t> unread_;  // of the buffer
};

}  // namespace zokio

#endif  // ZOKIO_IO_FILE_FILE_WATCHER_H_
