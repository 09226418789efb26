// The plain way: a coroutine whose frame comes from malloc, made, run and destroyed.
//
//   coroutine_malloc task_life COUNT WORKERS REPETITIONS   (see load/repeat.h)
#include <coroutine>
#include <cstdint>
#include <cstdlib>
#include <exception>

#include "tools/compare/load/repeat.h"

namespace zokio::compare {
namespace {

struct Plain {
  struct promise_type {
    static void* operator new(size_t bytes) { return std::malloc(bytes); }
    static void operator delete(void* frame) { std::free(frame); }
    Plain get_return_object() {
      return Plain{std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_value(uint64_t v) { value = v; }
    void unhandled_exception() { std::terminate(); }
    uint64_t value = 0;
  };
  std::coroutine_handle<promise_type> frame;
};

Plain One() { co_return 1; }

uint64_t TaskLife(uint64_t count) {
  uint64_t sum = 0;
  for (uint64_t i = 0; i < count; ++i) {
    Plain task = One();
    void* address = task.frame.address();
    asm volatile("" : "+r"(address));  // as in a program in which the handle goes elsewhere
    task.frame = std::coroutine_handle<Plain::promise_type>::from_address(address);
    task.frame.resume();
    sum += task.frame.promise().value;
    task.frame.destroy();
  }
  return sum;
}

}  // namespace
}  // namespace zokio::compare

int main(int argc, char** argv) {
  zokio::compare::Repeat(zokio::compare::ParseRepeatOptions(argc, argv), zokio::compare::TaskLife);
}
