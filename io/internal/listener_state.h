// ListenerState: the state of a listening socket: a SocketState plus the connections that the
// kernel accepted before anybody asked for them.
//
// There are few listeners, so it lies on the heap and may allocate when its queue grows.
//
// Thread-safety: as SocketState; `accepted` under its lock.
#ifndef ZOKIO_IO_INTERNAL_LISTENER_STATE_H_
#define ZOKIO_IO_INTERNAL_LISTENER_STATE_H_

#include <cstddef>
#include <vector>

#include "base/clock.h"
#include "io/operation.h"

namespace zokio::io {

struct ListenerState : SocketState {
  ListenerState() : SocketState(OpKind::kListener) {}

  bool HasAccepted() const { return accepted_head < accepted.size(); }
  void Push(NativeHandle connection) { accepted.push_back(connection); }
  // REQUIRES: HasAccepted().
  NativeHandle Pop() {
    NativeHandle connection = accepted[accepted_head++];
    if (accepted_head == accepted.size()) {
      accepted.clear();
      accepted_head = 0;
    }
    return connection;
  }

  std::vector<NativeHandle> accepted;
  size_t accepted_head = 0;
  // How long to wait when descriptors are exhausted; doubles while they stay so.
  Duration backoff{0};
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_INTERNAL_LISTENER_STATE_H_
