// ConnectionPool: connections that are kept for the next one who talks to the same host.
//
//   zokio::ConnectionPool<zokio::TcpStream> pool(options, [](std::string host) { ... });
//   auto connection = co_await pool.Acquire("example.org");
//   if (!connection.ok()) co_return connection.error();
//   ... (*connection)->WriteAll(...) ...; a whole answer was read:
//   std::move(*connection).Keep();   // else it is closed when dropped
//
// Acquire gives the idle connection that was used last, if it is still healthy, else a new one. At
// most `total_max` are open, and `per_host_max` to each host; those beyond wait, first come first
// served. Where room is needed for a new one, the connection that is idle for the longest is
// closed.
//
// Only who read an answer to its end knows that a connection may be used again, so one that is
// dropped without Keep is closed.
//
// Ownership: the pool's state is shared with the connections lent out, which may outlive the pool:
//   they are closed then when given back. `connect` is kept with it.
// Thread-safety: all functions from any thread, Acquire and Maintain on those with a loop; a
//   connection by one thread at a time.
// Cancellation: a dropped Acquire leaves its queue, gives its place to the next, and drops the
//   connection it was making.
// Errors: kClosed after Close; else those of `connect`. Whether a connection is healthy is a look
//   at it, no promise: a first request may find it closed and has to be made again.
// Cost: a short lock and two semaphores each way; the health check of a TcpStream is one system
//   call.
#ifndef ZOKIO_IO_NET_CONNECTION_POOL_H_
#define ZOKIO_IO_NET_CONNECTION_POOL_H_

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/result.h"
#include "future/sleep.h"
#include "future/task.h"
#include "io/net/pool_state.h"
#include "io/net/stream_health.h"
#include "io/socket_stream.h"

namespace zokio {

template <typename Connection>
class ConnectionPool {
  using State = io::PoolState<Connection>;

 public:
  using Connect = std::function<Task<Result<Connection>>(std::string host)>;
  using IsHealthy = std::function<bool(Connection&)>;

  // A connection lent out. Move-only.
  class Lent {
   public:
    Lent(std::shared_ptr<State> state, typename State::Slot slot, Connection connection,
         bool reused)
        : state_(std::move(state)),
          slot_(std::move(slot)),
          connection_(std::move(connection)),
          reused_(reused) {}
    Lent(Lent&& other) noexcept
        : state_(std::move(other.state_)),
          slot_(std::move(other.slot_)),
          connection_(std::move(other.connection_)),
          reused_(other.reused_) {
      other.connection_.reset();
    }
    Lent& operator=(Lent&& other) noexcept {
      std::swap(state_, other.state_);
      std::swap(slot_, other.slot_);
      std::swap(connection_, other.connection_);
      std::swap(reused_, other.reused_);
      return *this;
    }
    ~Lent() = default;  // the connection is closed before its slot is free

    Connection& operator*() { return *connection_; }
    Connection* operator->() { return &*connection_; }
    // Whether somebody used it before.
    bool reused() const { return reused_; }
    // Gives it back for the next one. REQUIRES: it is at the beginning of a new exchange.
    void Keep() && {
      ZOKIO_CHECK(connection_.has_value(), "Keep of a connection that was given back");
      state_->Keep(std::move(slot_), *std::move(connection_));
      connection_.reset();
    }

   private:
    std::shared_ptr<State> state_;
    typename State::Slot slot_;
    std::optional<Connection> connection_;
    bool reused_ = false;
  };

  // `connect` makes a connection to a host; `is_healthy` says of an idle one whether it may be lent
  // again, without waiting.
  ConnectionPool(const ConnectionPoolOptions& options, Connect connect, IsHealthy is_healthy)
      : state_(std::make_shared<State>(options)),
        connect_(std::move(connect)),
        is_healthy_(std::move(is_healthy)) {}
  // Of streams: those are healthy that are quiet (io/net/stream_health.h).
  ConnectionPool(const ConnectionPoolOptions& options, Connect connect)
    requires std::derived_from<Connection, SocketStream>
      : ConnectionPool(options, std::move(connect),
                       [](Connection& stream) { return IsQuiet(stream); }) {}
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;
  ~ConnectionPool() { Close(); }

  // REQUIRES: the pool outlives the task.
  Task<Result<Lent>> Acquire(std::string host) {
    std::shared_ptr<State> state = state_;
    typename State::Slot slot = state->Enter(host);
    slot.of_host = co_await slot.host()->permits.Acquire();
    slot.of_all = co_await state->permits().Acquire();
    if (state->closed()) co_return Error(ErrorCode::kClosed, "connection pool");
    while (std::optional<Connection> idle = state->TakeIdle(slot)) {
      if (is_healthy_(*idle)) {
        co_return Lent(std::move(state), std::move(slot), *std::move(idle), /*reused=*/true);
      }
      state->CountUnhealthy();
    }
    state->MakeRoom();
    Task<Result<Connection>> connecting = connect_(std::move(host));
    Result<Connection> made = co_await std::move(connecting);
    if (!made.ok()) {
      state->CountFailedConnect();
      co_return made.error();
    }
    slot.made_at = state->Now();
    co_return Lent(std::move(state), std::move(slot), *std::move(made), /*reused=*/false);
  }

  // Closes what is idle for too long, and what its peer closed, until the pool is closed: a task to
  // spawn beside those that use the pool. Without it that is done when somebody asks for the host.
  // REQUIRES: the pool outlives the task.
  Task<void> Maintain() {
    std::shared_ptr<State> state = state_;
    while (!state->closed()) {
      co_await SleepFor(state->options().check_interval);
      state->CloseExpired();
      state->CloseUnhealthy(is_healthy_);
    }
  }

  // Closes what is idle, fails those that wait with kClosed; what is lent out is closed when it is
  // given back. Idempotent.
  void Close() { state_->Close(); }
  // Closes what is idle for too long.
  void CloseExpired() { state_->CloseExpired(); }

  ConnectionPoolStats stats() const { return state_->stats(); }

 private:
  const std::shared_ptr<State> state_;
  const Connect connect_;
  const IsHealthy is_healthy_;
};

}  // namespace zokio

#endif  // ZOKIO_IO_NET_CONNECTION_POOL_H_
