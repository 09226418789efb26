// A chat room over TCP: each line a client sends goes to all others, until Ctrl-C.
//
//   bazel run //examples:chat -- [ADDRESS]          (default 127.0.0.1:7778; then: nc localhost
//   7778)
//
// Three kinds of actors: the room, one session for each connection, and the supervision between
// them: a session that fails (say "/crash") ends alone, and the room goes on. Back-pressure: the
// room drops lines for a client that does not read, instead of growing.
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "future/select.h"
#include "io/tcp_listener.h"
#include "io/tcp_stream.h"
#include "runtime/runtime.h"
#include "runtime/shutdown_signals.h"

namespace {

using zokio::ActorId;
using zokio::ActorRef;

struct Connected {
  explicit Connected(zokio::TcpStream connection) : stream(std::move(connection)) {}
  zokio::TcpStream stream;
};
struct Said {
  ActorId session;
  std::string line;
};
struct Line {
  std::string text;
};

class Session : public zokio::Actor<Session, Line> {
 public:
  // What a slow client does not take in time is dropped, the oldest lines first.
  static constexpr zokio::MailboxOptions kMailbox{256, zokio::Overflow::kDropOldest};

  Session(zokio::TcpStream stream, zokio::Recipient<Said> room)
      : stream_(std::move(stream)), room_(room) {}

  void Started() { Run(Read()); }

  // The next line waits until this one is written.
  zokio::Task<void> On(Line line) {
    const zokio::Result<void> written = co_await stream_.WriteAll(std::move(line.text));
    if (!written.ok()) Stop();
  }

 private:
  zokio::Task<void> Read() {
    std::string pending;
    while (true) {
      auto chunk = co_await stream_.Read();
      if (!chunk.ok() || chunk->empty()) break;
      pending.append(chunk->view());
      for (size_t end; (end = pending.find('\n')) != std::string::npos; pending.erase(0, end + 1)) {
        std::string line = pending.substr(0, end + 1);
        if (line.starts_with("/crash")) throw std::runtime_error("the client wants it so");
        room_.Tell(Said{self().id(), std::move(line)});
      }
    }
    Stop();
  }

  zokio::TcpStream stream_;
  zokio::Recipient<Said> room_;
};

class Room : public zokio::Actor<Room, Connected, Said, zokio::Terminated> {
 public:
  // A connection cannot be made again: a session that fails is ended.
  static constexpr zokio::Supervision kChildren =
      zokio::Supervision().With(zokio::Directive::kStop);

  void On(Connected& connected) {
    auto session = SpawnSpread<Session>(std::move(connected.stream), self());
    Watch(session);
    sessions_.emplace(session.id(), session);
    session.Tell(Line{"* welcome, " + std::to_string(sessions_.size()) + " here\n"});
  }
  void On(const Said& said) {
    for (auto& [id, session] : sessions_) {
      if (id != said.session) session.Tell(Line{said.line});
    }
  }
  void On(zokio::Terminated ended) {
    sessions_.erase(ended.actor);
    for (auto& [id, session] : sessions_) session.Tell(Line{"* somebody left\n"});
  }

 private:
  std::unordered_map<ActorId, ActorRef<Session>> sessions_;
};

zokio::Task<> AcceptAll(zokio::TcpListener* listener, ActorRef<Room> room) {
  while (true) {
    auto stream = co_await listener->Accept();
    if (!stream.ok()) co_return;
    room.Tell(Connected(*std::move(stream)));
  }
}

zokio::Task<int> Main(const char* address, ActorRef<Room> room, zokio::ShutdownSignals* signals) {
  auto listener = co_await zokio::TcpListener::Bind(address);
  if (!listener.ok()) {
    std::fprintf(stderr, "chat: %s: %s\n", address, listener.error().ToString().c_str());
    co_return 1;
  }
  std::printf("listening on %s\n", listener->local_address()->ToString().c_str());
  std::fflush(stdout);
  co_await zokio::Select(signals->Wait(), AcceptAll(&*listener, room));
  co_return 0;
}

}  // namespace

int main(int argc, char** argv) {
  zokio::ShutdownSignals signals;  // before the runtime: its threads inherit the mask
  zokio::Runtime runtime;
  zokio::ActorSystem system(runtime.scheduler());
  auto room = system.Spawn<Room>();
  return runtime.BlockOn(Main(argc > 1 ? argv[1] : "127.0.0.1:7778", room, &signals));
}
