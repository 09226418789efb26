// Uses that must not compile, and the messages that say why.
#include <string>
#include <utility>

#include "future/mpsc.h"
#include "future/select.h"
#include "future/spawn.h"
#include "future/stream.h"
#include "future/task.h"

namespace zokio {

struct NoPoll {
  int value = 0;
};
struct PollsToInt {
  int poll(Context&) { return 1; }
};
struct ThrowingMove {
  ThrowingMove() = default;
  ThrowingMove(ThrowingMove&&) noexcept(false) {}
};

Task<int> Number() { co_return 1; }

#ifdef RETURNS_A_LOCAL
Task<int&> Local() {
  int local = 1;
  co_return local;
}
#endif
#ifdef RETURNS_A_CONST_LOCAL
Task<const int&> ConstLocal() {
  const int local = 1;
  co_return local;
}
#endif
#ifdef RETURNS_A_TEMPORARY
Task<const int&> Temporary() { co_return 1; }
#endif

Task<int> Uses(Executor& executor) {
  Task<int> task = Number();
#ifdef AWAITS_AN_LVALUE_TASK
  int first = co_await task;
  co_return first + co_await task;
#endif
#ifdef AWAITS_NO_FUTURE
  co_await NoPoll();
#endif
#ifdef SELECTS_NO_FUTURE
  co_await Select(NoPoll(), Number());
#endif
#ifdef POLL_RETURNS_NO_POLL
  static_assert(Future<PollsToInt>);
#endif
#ifdef SPAWNS_A_REFERENCE
  Spawn(executor, [](int* x) -> Task<int&> { co_return *x; }(nullptr));
#endif
#ifdef SENDS_WHAT_MAY_THROW
  auto channel = MakeMpsc<ThrowingMove>(1);
#endif
#ifdef STREAMS_REFERENCES
  Stream<int&>* stream = nullptr;
  (void)stream->Next();
#endif
#ifdef COPIES_A_TASK
  Task<int> copy = task;
#endif
  JoinHandle<int> handle = Spawn(executor, std::move(task));
  Result<int> value = co_await handle;
  co_return value.ok() ? *value : 0;
}

}  // namespace zokio
