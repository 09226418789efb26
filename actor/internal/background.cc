#include "actor/internal/background.h"

#include <new>
#include <optional>

#include "actor/internal/dispatch.h"
#include "mem/frame_pool.h"

namespace zokio::internal {
namespace {

struct Background : Activation {
  explicit Background(Task<void> task)
      : Activation(&kTable), future(std::in_place, std::move(task)) {}

  static Background* Of(Activation* activation) { return static_cast<Background*>(activation); }

  static bool PollIt(ActorLoop& loop, Activation* activation, Context& context) {
    bool done = true;
    Envelope* none = nullptr;
    Guarded(loop, *activation->target, none,
            [&] { done = Of(activation)->future->poll(context).ready(); });
    return done;
  }
  static bool PollCancelIt(Activation* activation, Context& context) {
    // NOLINTNEXTLINE(bugprone-unchecked-optional-access): it is there until Drop.
    return Of(activation)->future->poll_cancel(context).ready();
  }
  static void Drop(Activation* activation) { Of(activation)->future.reset(); }
  static void Free(Activation* activation) {
    Of(activation)->~Background();
    FramePool::Free(activation, sizeof(Background));
  }
  static constexpr Table kTable{&PollIt, &PollCancelIt, &Drop, &Free};

  std::optional<TaskFuture<void>> future;
};

}  // namespace

Activation* MakeBackground(Task<void> task) {
  return ::new (FramePool::Allocate(sizeof(Background))) Background(std::move(task));
}

}  // namespace zokio::internal
