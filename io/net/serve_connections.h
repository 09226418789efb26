// ServeConnections: accepts connections until it is to stop; then what is under way gets time to
// end.
//
//   zokio::Task<> Serve(zokio::TcpStream stream, zokio::Drain* drain);  // a task for each
//
//   zokio::ServeOptions options;
//   options.grace = std::chrono::seconds(10);
//   auto serve = zokio::ServeConnections(&*listener, WaitForSignal(), &Serve, options);
//   const zokio::ServeReport report = co_await std::move(serve);
//   if (report.cut > 0) Log(report.cut_peers);
//
// Stopping: the listener closes, so that new connections are refused at once; Drain tells the
// tasks, which end where no request is under way; those that are left after the grace are dropped,
// which closes their connections, and are named in the report.
//
// Ownership: the listener outlives the task; a connection's task owns its stream. What the handler
//   refers to outlives the task.
// Thread-safety: tasks run on all workers; a Drain's functions may be called from any.
// Cancellation: dropping it closes everything at once, without a report.
// Errors: an error of accepting stops as `stop` does, and stands in the report.
// Cost: a task for each connection; a short lock at the end of one that was cut.
#ifndef ZOKIO_IO_NET_SERVE_CONNECTIONS_H_
#define ZOKIO_IO_NET_SERVE_CONNECTIONS_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mutex.h"
#include "future/notify.h"
#include "future/task.h"
#include "io/socket_address.h"
#include "io/tcp_listener.h"
#include "io/tcp_stream.h"

namespace zokio {

struct ServeOptions {
  ServeOptions() {}

  // From the stop until what is left is cut.
  Duration grace = std::chrono::seconds(10);
};

struct ServeReport {
  uint64_t accepted = 0;
  uint64_t ended = 0;  // by themselves
  uint64_t cut = 0;
  std::vector<SocketAddress> cut_peers;  // the first 64 of them
  Duration draining{};                   // from the stop to the end
  std::optional<Error> accept_error;     // what stopped it, where that was not `stop`
};

// Whether connections are to end; for the tasks that serve them.
class Drain {
 public:
  Drain() = default;
  Drain(const Drain&) = delete;
  Drain& operator=(const Drain&) = delete;

  bool begun() const { return begun_.load(memory_order_acquire); }
  // Ready once it has begun. Beside a read that waits for the next request, by Select: what the
  // dropped read would have got is not lost.
  Task<> Begun();

 private:
  friend class Serving;

  Atomic<bool> begun_{false};
  Notify beginning_;
};

using ConnectionHandler = std::function<Task<>(TcpStream stream, Drain* drain)>;

Task<ServeReport> ServeConnections(TcpListener* listener, Task<> stop, ConnectionHandler handler,
                                   ServeOptions options = ServeOptions());

}  // namespace zokio

#endif  // ZOKIO_IO_NET_SERVE_CONNECTIONS_H_
