// AcceptHandle: the part of accepting that TCP and Unix listeners share.
//
// Thread-safety, cancellation, errors: as AcceptTcp.
#ifndef ZOKIO_IO_INTERNAL_ACCEPT_HANDLE_H_
#define ZOKIO_IO_INTERNAL_ACCEPT_HANDLE_H_

#include <cstdint>

#include "base/result.h"
#include "future/context.h"
#include "future/poll.h"
#include "io/internal/listener_state.h"
#include "io/internal/socket_wait.h"
#include "io/loop.h"
#include "io/native_handle.h"

namespace zokio::io {

// Makes a listening socket's state, at home in `loop`; takes the handle, also where it fails.
Result<ListenerState*> AdoptListener(Loop& loop, NativeHandle handle);

// Yields the state of a connection.
class AcceptHandle {
 public:
  explicit AcceptHandle(ListenerState* state) : state_(state) {}
  AcceptHandle(AcceptHandle&&) = default;

  Poll<Result<SocketState*>> poll(Context& context);

 private:
  // A handle, a negative errno, or -EAGAIN when there is none now.
  int32_t TakeLocked(Loop& loop);

  ListenerState* state_;
  SocketWait<Direction::kRead> wait_;
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_INTERNAL_ACCEPT_HANDLE_H_
