#include "io/file/file_watcher.h"

#include <memory>
#include <utility>

#include "io/internal/file_arguments.h"
#include "io/internal/file_call.h"
#include "io/internal/polled_call.h"
#include "io/internal/watch_calls.h"
#include "io/operation.h"

namespace zokio {

Result<FileWatcher> FileWatcher::Open() {
  const int32_t handle = io::OpenWatch();
  if (handle < 0) return Error::FromErrno(-handle, "watch");
  Result<io::PolledSocket> socket = io::PolledSocket::Adopt(handle, "watch");
  if (!socket.ok()) return socket.error();
  FileWatcher watcher;
  watcher.handle_ = *std::move(socket);
  watcher.buffer_.resize(io::kWatchBytes);
  return watcher;
}

FileFuture<int32_t> FileWatcher::Add(std::string_view path) {
  auto arguments = std::make_unique<io::FileArguments>();
  arguments->path = path;
  io::FileParameters parameters;
  parameters.flags = io::NativeWatchFlags();
  return FileFuture<int32_t>(io::FileCall(io::OpKind::kWatchPath, "watch", std::move(arguments),
                                          parameters, handle_.state(), /*needs_file=*/true));
}

Result<void> FileWatcher::Remove(int32_t watch) {
  if (!open()) return Error(ErrorCode::kClosed, "end watch");
  const int32_t result = io::RemoveWatch(handle_.handle(), watch);
  if (result < 0) return Error::FromErrno(-result, "end watch");
  return {};
}

Poll<Result<WatchEvent>> NextWatchEvent::poll(Context& context) {
  using Output = Result<WatchEvent>;
  WatchEvent event;
  std::span<const uint8_t>& unread = watcher_->unread_;
  if (watcher_->open() && !unread.empty()) {
    if (!context.SpendBudget()) return kPending;
    if (io::ParseWatchEvent(unread, event)) return Output(std::move(event));
  }
  Poll<Result<int32_t>> poll =
      io::PollCall(watcher_->handle_.state(), wait_, context, "watch", [this] {
        std::vector<uint8_t>& buffer = watcher_->buffer_;
        return io::TryReadWatch(watcher_->handle_.handle(), buffer.data(), buffer.size());
      });
  if (poll.pending()) return kPending;
  if (!poll.value().ok()) return Output(poll.value().error());
  unread = std::span<const uint8_t>(watcher_->buffer_).first(static_cast<size_t>(*poll.value()));
  if (!io::ParseWatchEvent(unread, event)) return Output(Error(ErrorCode::kUnknown, "watch"));
  return Output(std::move(event));
}

}  // namespace zokio
