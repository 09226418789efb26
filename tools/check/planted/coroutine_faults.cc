// Coroutines with faults that tools/tidy must find, and beside them what it must let pass. The line
// above each fault names the check; tools/ci/tidy compares. Never called.

#include <string>
#include <utility>

#include "future/local_executor.h"
#include "future/task.h"
#include "future/task_scope.h"

namespace zokio::planted {

// expect: cppcoreguidelines-avoid-reference-coroutine-parameters
Task<size_t> ReferenceParameter(const std::string& text) { co_return text.size(); }

Task<size_t> ValueParameter(std::string text) { co_return text.size(); }

Task<int> CapturingLambda(int value) {
  // expect: cppcoreguidelines-avoid-capturing-lambda-coroutines
  auto task = [value]() -> Task<int> { co_return value; };
  co_return co_await task();
}

int CallableKeptByTheScope(int value) {
  return BlockOn(WithScope([value](TaskScope& scope) -> Task<int> {
    scope.Spawn(ValueParameter("text"));
    co_return value;
  }));
}

// An actor's loop keeps the message until the handler has ended, but not what a helper is handed.
struct Handlers {
  Task<size_t> On(std::string& text) { co_return text.size(); }
  // expect: cppcoreguidelines-avoid-reference-coroutine-parameters
  Task<size_t> Once(std::string& text) { co_return text.size(); }
};

Task<int> UseAfterMove() {
  std::string text = "text";
  const size_t size = co_await ValueParameter(std::move(text));
  // expect: bugprone-use-after-move
  co_return static_cast<int>(size + text.size());
}

}  // namespace zokio::planted
