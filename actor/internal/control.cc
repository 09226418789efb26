#include "actor/internal/control.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "actor/internal/control_message.h"
#include "actor/internal/envelope.h"
#include "actor/internal/loop.h"
#include "actor/internal/supervise.h"

namespace zokio::internal {
namespace {

struct Stop {
  static constexpr std::string_view kName = "stop";
  bool kill;
  void Run(ActorLoop& loop, ActorCell& cell) { loop.RequestStop(&cell, kill); }
};

struct RestartNow {
  static constexpr std::string_view kName = "restart";
  void Run(ActorLoop& loop, ActorCell& cell) { loop.Restart(&cell); }
};

struct ResumeNow {
  static constexpr std::string_view kName = "resume";
  void Run(ActorLoop& loop, ActorCell& cell) { loop.Resume(&cell); }
};

struct ChildFailed {
  static constexpr std::string_view kName = "child failed";
  FailedChild child;
  Failure failure;
  void Run(ActorLoop& loop, ActorCell& cell) {
    if (!IsDecided(cell, child)) Supervise(loop, &cell, child.id, failure);
  }
};

struct ChildEnded {
  static constexpr std::string_view kName = "child ended";
  uint64_t number;
  void Run(ActorLoop&, ActorCell& cell) {
    if (cell.extras != nullptr) cell.extras->remote_children.erase(number);
  }
};

struct BeginActor {
  static constexpr std::string_view kName = "begin";
  // The turn that runs this has begun it.
  void Run(ActorLoop&, ActorCell&) {}
};

// Adds to what an actor keeps until its end. Those whom it concerns no more are forgotten before
// the list grows, so that it is at most about twice as long as it must be.
template <typename T, typename Gone>
void Keep(std::vector<T>& list, T entry, Gone&& gone) {
  if (list.size() == list.capacity()) {
    std::erase_if(list, gone);
    list.reserve(2 * list.size() + 4);
  }
  list.push_back(std::move(entry));
}

struct Watch {
  static constexpr std::string_view kName = "watch";
  Watcher watcher;
  void Run(ActorLoop&, ActorCell& cell) {
    ExtrasOf(cell).watchers.Add(watcher);  // who is made anew watches anew
  }
  void TargetGone(ActorId target) { watcher.notify(watcher.id, target, Ending::kUnknown); }
};

struct Unwatch {
  static constexpr std::string_view kName = "unwatch";
  Watcher watcher;
  void Run(ActorLoop&, ActorCell& cell) {
    if (cell.extras != nullptr) cell.extras->watchers.Remove(watcher);
  }
};

struct AwaitEnd {
  static constexpr std::string_view kName = "await end";
  OneshotSender<bool> sender;
  void Run(ActorLoop&, ActorCell& cell) {
    Keep(ExtrasOf(cell).ended, std::move(sender),
         [](const OneshotSender<bool>& s) { return s.receiver_gone(); });
  }
};

struct InspectLoop {
  static constexpr std::string_view kName = "inspect";
  OneshotSender<std::vector<ActorInfo>> sender;
  void Run(ActorLoop& loop, ActorCell&) { std::move(sender).Send(loop.Inspect()); }
};

struct LinkBroken {
  static constexpr std::string_view kName = "link broken";
  void Run(ActorLoop& loop, ActorCell& cell) {
    loop.Failed(&cell, Failure{nullptr, Error(ErrorCode::kClosed, "a linked actor failed")});
  }
};

}  // namespace

void SendStop(ActorId target, bool kill) { PostControl(target, Stop{kill}); }
void SendPoison(ActorId target) { PostControl(target, Stop{false}, &ControlOf<Stop>::kMailType); }
void SendRestart(ActorId target) { PostControl(target, RestartNow{}); }
void SendResume(ActorId target) { PostControl(target, ResumeNow{}); }
void SendChildFailed(ActorId parent, const FailedChild& child, Failure failure) {
  PostControl(parent, ChildFailed{child, std::move(failure)});
}
void SendChildEnded(ActorId parent, uint64_t number) { PostControl(parent, ChildEnded{number}); }
void SendBegin(ActorId target) { PostControl(target, BeginActor{}); }
bool IsBegin(const Envelope* envelope) { return envelope->type == &ControlOf<BeginActor>::kType; }
void SendWatch(ActorId target, const Watcher& watcher) { PostControl(target, Watch{watcher}); }
void SendUnwatch(ActorId target, const Watcher& watcher) { PostControl(target, Unwatch{watcher}); }

void SendAwaitEnd(ActorId target, OneshotSender<bool> sender) {
  PostControl(target, AwaitEnd{std::move(sender)});
}

void SendInspect(ActorLoop& loop, OneshotSender<std::vector<ActorInfo>> sender) {
  PostControl(loop.control_id(), InspectLoop{std::move(sender)});
}

namespace {

void BreakLink(ActorId linked, ActorId, Ending ending) {
  if (ending != Ending::kStopped) PostControl(linked, LinkBroken{});
}

}  // namespace

void SendLink(ActorId one, ActorId other) {
  SendWatch(one, {other, &BreakLink});
  SendWatch(other, {one, &BreakLink});
}
void SendUnlink(ActorId one, ActorId other) {
  SendUnwatch(one, {other, &BreakLink});
  SendUnwatch(other, {one, &BreakLink});
}

}  // namespace zokio::internal
