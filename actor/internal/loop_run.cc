#include "actor/internal/loop_run.h"

#include <utility>

#include "actor/internal/system_core.h"
#include "future/spawn.h"
#include "future/task.h"

namespace zokio::internal {
namespace {

class LoopRun {
 public:
  explicit LoopRun(ActorLoop& loop) : loop_(&loop) {}
  LoopRun(LoopRun&& other) noexcept : loop_(std::exchange(other.loop_, nullptr)) {}
  ~LoopRun() {
    if (loop_ != nullptr) loop_->Abandon();
  }

  Poll<void> poll(Context& context) {
    Poll<void> poll = loop_->poll(context);
    if (poll.ready()) std::exchange(loop_, nullptr)->system().Ended();
    return poll;
  }
  Poll<void> poll_cancel(Context& context) {
    if (loop_ == nullptr) return kReady;
    Poll<void> poll = loop_->poll_cancel(context);
    if (poll.ready()) std::exchange(loop_, nullptr)->system().Ended();
    return poll;
  }

 private:
  ActorLoop* loop_;
};

Task<void> RunLoop(LoopRun run) { co_await run; }

}  // namespace

void StartLoop(Executor& executor, ActorLoop& loop) {
  Spawn(executor, RunLoop(LoopRun(loop))).Detach();
}

}  // namespace zokio::internal
