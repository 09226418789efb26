#include "io/socket_stream.h"

#include "io/internal/socket_calls.h"
#include "io/loop.h"

namespace zokio {

void SocketStream::Close() {
  if (socket_ != nullptr) io::Loop::UnrefSocket(std::exchange(socket_, nullptr), /*close=*/true);
}

Result<void> SocketStream::Shutdown() {
  if (socket_ == nullptr) return Error(ErrorCode::kClosed, "shutdown");
  return io::ShutdownSend(socket_->handle);
}

}  // namespace zokio
