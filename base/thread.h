// Thread: an operating-system thread that must be joined.
//
// Ownership: owns the callable it runs; the destructor joins. Movable.
// Errors: Start fails with kOutOfMemory or kWouldBlock where the system gives no thread.
// Under ZOKIO_MODEL a Thread is a fiber that the model checker schedules.
#ifndef ZOKIO_BASE_THREAD_H_
#define ZOKIO_BASE_THREAD_H_

#ifdef ZOKIO_MODEL
#include "base/model/thread.h"
#else
#include <functional>
#include <string>
#include <utility>

#include "base/result.h"
#endif

namespace zokio {

#ifdef ZOKIO_MODEL
using Thread = model::Thread;
#else

class Thread {
 public:
  Thread() = default;
  Thread(Thread&& other) noexcept
      : handle_(other.handle_), joinable_(std::exchange(other.joinable_, false)) {}
  Thread& operator=(Thread&& other) noexcept {
    Join();
    handle_ = other.handle_;
    joinable_ = std::exchange(other.joinable_, false);
    return *this;
  }
  ~Thread() { Join(); }

  // `name` is what debuggers and /proc show; cut to 15 characters on Linux.
  static Result<Thread> Start(std::string name, std::function<void()> body);

  bool joinable() const { return joinable_; }
  // Waits for the end of the body. Nothing where it was joined already.
  void Join();

 private:
  uintptr_t handle_ = 0;  // pthread_t
  bool joinable_ = false;
};

#endif  // ZOKIO_MODEL

}  // namespace zokio

#endif  // ZOKIO_BASE_THREAD_H_
