#include "io/net/serve_connections.h"

#include <utility>

#include "future/oneshot.h"
#include "future/select.h"
#include "future/sleep.h"
#include "future/task_scope.h"

namespace zokio {
namespace {

constexpr size_t kPeersNamed = 64;

}  // namespace

Task<> Drain::Begun() {
  auto beginning = beginning_.Wait();  // before the look: then it misses none
  if (!begun()) co_await beginning;
}

// What the tasks of one ServeConnections share.
class Serving {
 public:
  Serving(TcpListener* listener, ConnectionHandler handler, ServeOptions options)
      : listener_(listener), handler_(std::move(handler)), options_(options) {}

  Task<> ServeUntil(Task<> stop, OneshotSender<Unit> stopped) {
    // The scope ends when the last connection has.
    co_await WithScope([&](TaskScope& scope) -> Task<> {
      co_await Select(std::move(stop), AcceptAll(&scope));
      stopped_at_ = Clock::Monotonic().Now();
      listener_->Close();
      drain_.begun_.store(true, memory_order_release);
      drain_.beginning_.NotifyAll();
      std::move(stopped).Send(Unit());
    });
  }

  Task<> CutAfterGrace(OneshotReceiver<Unit> stopped) {
    (void)co_await stopped;
    co_await SleepFor(options_.grace);
  }

  // REQUIRES: every task of a connection is gone.
  ServeReport TakeReport() {
    const MutexLock lock(mutex_);
    report_.accepted = accepted_.load(memory_order_relaxed);
    report_.ended = ended_.load(memory_order_relaxed);
    report_.draining = Clock::Monotonic().Now() - stopped_at_;
    return std::move(report_);
  }

 private:
  // Tells how a connection ended: what is dropped before it ended by itself was cut.
  class Member {
   public:
    Member(Serving* serving, const TcpStream& stream) : serving_(serving) {
      const Result<SocketAddress> peer = stream.peer_address();
      if (peer.ok()) peer_ = *peer;
    }
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;
    ~Member() {
      if (ended) {
        serving_->ended_.fetch_add(1, memory_order_relaxed);
      } else {
        serving_->CountCut(peer_);
      }
    }

    bool ended = false;

   private:
    Serving* const serving_;
    SocketAddress peer_;
  };

  Task<> AcceptAll(TaskScope* scope) {
    while (true) {
      auto stream = co_await listener_->Accept();
      if (!stream.ok()) {
        const MutexLock lock(mutex_);
        report_.accept_error = stream.error();
        break;
      }
      accepted_.fetch_add(1, memory_order_relaxed);
      scope->Spawn(ServeOne(*std::move(stream)));
    }
  }

  Task<> ServeOne(TcpStream stream) {
    Member member(this, stream);
    Task<> served = handler_(std::move(stream), &drain_);
    co_await std::move(served);
    member.ended = true;
  }

  void CountCut(const SocketAddress& peer) {
    const MutexLock lock(mutex_);
    ++report_.cut;
    if (report_.cut_peers.size() < kPeersNamed) report_.cut_peers.push_back(peer);
  }

  TcpListener* const listener_;
  const ConnectionHandler handler_;
  const ServeOptions options_;
  Drain drain_;
  Atomic<uint64_t> accepted_{0};
  Atomic<uint64_t> ended_{0};
  Instant stopped_at_{};
  Mutex mutex_;
  ServeReport report_;
};

Task<ServeReport> ServeConnections(TcpListener* listener, Task<> stop, ConnectionHandler handler,
                                   ServeOptions options) {
  Serving serving(listener, std::move(handler), options);
  auto stopped = MakeOneshot<Unit>();
  co_await Select(serving.ServeUntil(std::move(stop), std::move(stopped.sender)),
                  serving.CutAfterGrace(std::move(stopped.receiver)));
  co_return serving.TakeReport();
}

}  // namespace zokio
