#include "io/net/stream_health.h"

#include <sys/socket.h>

#include <cerrno>

#include "future/context.h"
#include "future/waker.h"

namespace zokio {

bool IsQuiet(SocketStream& stream) {
  if (!stream.open()) return false;
  // Also where an armed receive took the end or the error before: the kernel tells it each time.
  char byte;
  const ssize_t count = recv(stream.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (count >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) return false;
  // What an armed receive took lies with the stream.
  PollEnvironment environment;
  Context context(NoopWaker(), environment);
  return stream.Read().poll(context).pending();
}

}  // namespace zokio
