// The smallest program: tasks that run side by side and are joined.
//
//   bazel run //examples:hello
#include <chrono>
#include <cstdio>

#include "future/sleep.h"
#include "future/task_scope.h"
#include "runtime/runtime.h"

namespace {

using namespace std::chrono_literals;

zokio::Task<> Greet(const char* name, zokio::Duration after) {
  co_await zokio::SleepFor(after);
  std::printf("hello from %s\n", name);
}

zokio::Task<int> Main() {
  co_await zokio::WithScope([](zokio::TaskScope& scope) -> zokio::Task<> {
    scope.Spawn(Greet("the second task", 20ms));
    scope.Spawn(Greet("the first task", 10ms));
    co_return;
  });
  std::printf("all are done\n");
  co_return 0;
}

}  // namespace

int main() {
  zokio::Runtime runtime;
  return runtime.BlockOn(Main());
}
