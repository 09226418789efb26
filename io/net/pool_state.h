// PoolState: what a ConnectionPool and the connections it lent share: limits, and what is idle.
//
// A Slot is the right to have a connection to a host: a place at the host and one of all. Who waits
// for them waits in the queues of two semaphores, the host's first, so nobody who holds a place of
// all waits for anything. Idle connections hold no slot; the idle ones and the slots together are
// never more than the limits: MakeRoom sees to that.
//
// Thread-safety: all functions from any thread. Connections are dropped outside the lock.
#ifndef ZOKIO_IO_NET_POOL_STATE_H_
#define ZOKIO_IO_NET_POOL_STATE_H_

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/atomic.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "future/semaphore.h"

namespace zokio {

struct ConnectionPoolOptions {
  ConnectionPoolOptions() {}

  // Open connections: lent, being made and idle.
  uint32_t total_max = 1024;
  uint32_t per_host_max = 64;
  // An idle connection is closed after this.
  Duration idle_max = std::chrono::seconds(60);
  // A connection that was made longer ago is not lent again.
  Duration age_max = std::chrono::hours(1);
  // How often Maintain looks.
  Duration check_interval = std::chrono::seconds(5);
  // Outlives the pool.
  const Clock* clock = &Clock::Monotonic();
};

struct ConnectionPoolStats {
  uint32_t lent = 0;  // and being made
  uint32_t idle = 0;
  uint32_t hosts = 0;  // of which something is known
  uint64_t connects = 0;
  uint64_t failed_connects = 0;
  uint64_t reuses = 0;
  uint64_t unhealthy = 0;  // idle ones that were found ended
  uint64_t expired = 0;
  uint64_t evicted = 0;  // closed while idle to make room
};

namespace io {

template <typename Connection>
class PoolState {
 public:
  struct Host;
  struct Idle {
    Host* host;
    Instant made_at;
    Instant idle_since;
    Connection connection;
  };
  using IdleList = std::list<Idle>;  // the one idle for the longest is the first

  // One for each name; dropped when no slot and no idle connection of it is left.
  struct Host {
    Host(std::string host_name, uint32_t limit) : name(std::move(host_name)), permits(limit) {}
    const std::string name;
    Semaphore permits;
    uint32_t users = 0;                             // slots and idle connections; under the lock
    std::vector<typename IdleList::iterator> idle;  // the one used last is the last
  };

  // A place at a host and one of all, or the way there. Move-only.
  class Slot {
   public:
    Slot() = default;
    Slot(PoolState* state, Host* host) : state_(state), host_(host) {}
    Slot(Slot&& other) noexcept
        : made_at(other.made_at),
          of_host(std::move(other.of_host)),
          of_all(std::move(other.of_all)),
          state_(other.state_),
          host_(std::exchange(other.host_, nullptr)) {}
    Slot& operator=(Slot&& other) noexcept {
      std::swap(made_at, other.made_at);
      std::swap(of_host, other.of_host);
      std::swap(of_all, other.of_all);
      std::swap(state_, other.state_);
      std::swap(host_, other.host_);
      return *this;
    }
    ~Slot() {
      if (host_ == nullptr) return;
      of_all.Release();
      of_host.Release();
      state_->Leave(host_);  // the host may go with it
    }

    Host* host() const { return host_; }

    Instant made_at{};  // of its connection
    SemaphorePermit of_host;
    SemaphorePermit of_all;

   private:
    PoolState* state_ = nullptr;
    Host* host_ = nullptr;
  };

  explicit PoolState(const ConnectionPoolOptions& options)
      : options_(options), permits_(options.total_max) {}
  PoolState(const PoolState&) = delete;
  PoolState& operator=(const PoolState&) = delete;

  const ConnectionPoolOptions& options() const { return options_; }
  Semaphore& permits() { return permits_; }
  Instant Now() const { return options_.clock->Now(); }
  bool closed() const { return closed_.load(memory_order_acquire); }

  Slot Enter(const std::string& name) {
    MutexLock lock(mutex_);
    std::unique_ptr<Host>& host = hosts_[name];
    if (host == nullptr) {
      host = std::make_unique<Host>(name, closed() ? kEverybody : options_.per_host_max);
    }
    ++host->users;
    return Slot(this, host.get());
  }

  // The healthy-looking one that was used last; those too old are closed.
  std::optional<Connection> TakeIdle(Slot& slot) {
    IdleList taken;
    IdleList expired;
    const Instant now = Now();
    MutexLock lock(mutex_);
    Host* host = slot.host();
    while (!host->idle.empty() && taken.empty()) {
      const auto last = host->idle.back();
      MoveOutLocked(last, IsExpired(*last, now) ? expired : taken);
    }
    stats_.expired += expired.size();
    stats_.reuses += taken.size();
    lock.Unlock();
    if (taken.empty()) return std::nullopt;
    slot.made_at = taken.front().made_at;
    return std::optional<Connection>(std::move(taken.front().connection));
  }

  // The connection of `slot` is idle from now on; the slot is given back.
  void Keep(Slot slot, Connection connection) {
    IdleList refused;
    const Instant now = Now();
    MutexLock lock(mutex_);
    Idle idle{slot.host(), slot.made_at, now, std::move(connection)};
    if (closed()) {
      refused.push_back(std::move(idle));
    } else {
      kept_.push_back(std::move(idle));
      AddIdleLocked(std::prev(kept_.end()));
    }
    lock.Unlock();
  }

  // REQUIRES: the caller holds a slot and is about to make a connection for it.
  void MakeRoom() {
    IdleList evicted;
    MutexLock lock(mutex_);
    while (!kept_.empty() && Lent() + kept_.size() > options_.total_max) {
      MoveOutLocked(kept_.begin(), evicted);
    }
    stats_.evicted += evicted.size();
    ++stats_.connects;
    lock.Unlock();
  }

  void CountUnhealthy() {
    MutexLock lock(mutex_);
    ++stats_.unhealthy;
    --stats_.reuses;
  }
  void CountFailedConnect() {
    MutexLock lock(mutex_);
    ++stats_.failed_connects;
  }

  void CloseExpired() {
    IdleList expired;
    const Instant now = Now();
    MutexLock lock(mutex_);
    for (auto at = kept_.begin(); at != kept_.end();) {
      const auto next = std::next(at);
      if (IsExpired(*at, now)) MoveOutLocked(at, expired);
      at = next;
    }
    stats_.expired += expired.size();
    lock.Unlock();
  }

  // Each is looked at as if it were lent, so that nobody else has it; where there is no slot for
  // that, those who wait will look at it themselves.
  template <typename IsHealthy>
  void CloseUnhealthy(const IsHealthy& is_healthy) {
    MutexLock lock(mutex_);
    size_t left = kept_.size();
    lock.Unlock();
    while (left-- > 0) CheckOldest(is_healthy);
  }

  void Close() {
    IdleList idle;
    MutexLock lock(mutex_);
    const bool first = !closed_.exchange(true, memory_order_acq_rel);
    while (!kept_.empty()) MoveOutLocked(kept_.begin(), idle);
    std::vector<Host*> hosts;
    if (first) {
      for (const auto& [name, host] : hosts_) {
        ++host->users;
        hosts.push_back(host.get());
      }
    }
    lock.Unlock();
    idle.clear();
    if (!first) return;
    // Everybody who waits may go on, and sees that it is closed.
    permits_.Add(kEverybody);
    for (Host* host : hosts) {
      host->permits.Add(kEverybody);
      Leave(host);
    }
  }

  ConnectionPoolStats stats() const {
    MutexLock lock(mutex_);
    ConnectionPoolStats stats = stats_;
    stats.lent = Lent();
    stats.idle = static_cast<uint32_t>(kept_.size());
    stats.hosts = static_cast<uint32_t>(hosts_.size());
    return stats;
  }

 private:
  static constexpr uint32_t kEverybody = 1u << 30;

  // How many slots are held. Close has added permits for everybody.
  uint32_t Lent() const {
    const uint64_t free = permits_.available();
    const uint64_t all = options_.total_max + (free > kEverybody / 2 ? kEverybody : 0);
    return static_cast<uint32_t>(all - std::min(free, all));
  }

  // Looks at the one that leads the list, which then is the last of it.
  template <typename IsHealthy>
  void CheckOldest(const IsHealthy& is_healthy) {
    Slot slot;
    IdleList looked_at;
    MutexLock lock(mutex_);
    if (kept_.empty() || closed()) return;
    Host* host = kept_.front().host;
    ++host->users;
    slot = Slot(this, host);
    slot.of_host = host->permits.TryAcquire();
    if (slot.of_host) slot.of_all = permits_.TryAcquire();
    if (!slot.of_all) {
      kept_.splice(kept_.end(), kept_, kept_.begin());
      return;  // the lock goes before the slot
    }
    MoveOutLocked(kept_.begin(), looked_at);
    lock.Unlock();
    const bool healthy = is_healthy(looked_at.front().connection);
    lock.Lock();
    if (!healthy) {
      ++stats_.unhealthy;
    } else if (!closed()) {
      kept_.splice(kept_.end(), looked_at);
      AddIdleLocked(std::prev(kept_.end()));
    }
  }

  void AddIdleLocked(typename IdleList::iterator at) {
    ++at->host->users;
    at->host->idle.push_back(at);
  }

  bool IsExpired(const Idle& idle, Instant now) const {
    return SaturatingAdd(idle.idle_since, options_.idle_max) <= now ||
           SaturatingAdd(idle.made_at, options_.age_max) <= now;
  }

  void MoveOutLocked(typename IdleList::iterator at, IdleList& into) {
    Host* host = at->host;
    host->idle.erase(std::find(host->idle.begin(), host->idle.end(), at));
    into.splice(into.end(), kept_, at);
    LeaveLocked(host);
  }

  void LeaveLocked(Host* host) {
    if (--host->users == 0) hosts_.erase(hosts_.find(host->name));
  }
  void Leave(Host* host) {
    MutexLock lock(mutex_);
    LeaveLocked(host);
  }

  const ConnectionPoolOptions options_;
  Semaphore permits_;
  Atomic<bool> closed_{false};  // set under the lock
  mutable Mutex mutex_;
  std::unordered_map<std::string, std::unique_ptr<Host>> hosts_;
  IdleList kept_;
  ConnectionPoolStats stats_;
};

}  // namespace io

}  // namespace zokio

#endif  // ZOKIO_IO_NET_POOL_STATE_H_
