// A coroutine whose frame comes from `Source`, for what measures a frame's whole life.
#ifndef ZOKIO_MEM_TESTING_COROUTINE_LIFE_H_
#define ZOKIO_MEM_TESTING_COROUTINE_LIFE_H_

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "mem/frame_pool.h"

namespace zokio::mem_testing {

struct PooledFrames {
  static void* Allocate(size_t size) { return FramePool::Allocate(size); }
  static void Free(void* block, size_t size) { FramePool::Free(block, size); }
};
struct MallocFrames {
  static void* Allocate(size_t size) { return std::malloc(size); }
  static void Free(void* block, size_t) { std::free(block); }
};

template <typename Source>
struct Coroutine {
  struct promise_type {
    static void* operator new(size_t size) { return Source::Allocate(size); }
    static void operator delete(void* frame, size_t size) { Source::Free(frame, size); }
    Coroutine get_return_object() {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
  std::coroutine_handle<promise_type> handle;
};

template <typename Source>
[[gnu::noinline]] Coroutine<Source> AddOne(uint64_t* sum) {
  co_await std::suspend_always();
  ++*sum;
}

// Created, run, suspended, resumed, destroyed: `*sum` is one more.
template <typename Source>
inline void LiveOnce(uint64_t* sum) {
  const Coroutine<Source> task = AddOne<Source>(sum);
  task.handle.resume();
  task.handle.resume();
  task.handle.destroy();
}

}  // namespace zokio::mem_testing

#endif  // ZOKIO_MEM_TESTING_COROUTINE_LIFE_H_
