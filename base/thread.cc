#include "base/thread.h"

#if !defined(ZOKIO_MODEL) && !defined(__wasm__)

#include <pthread.h>

#include <algorithm>
#include <memory>

namespace zokio {
namespace {

struct StartArguments {
  std::string name;
  std::function<void()> body;
};

void* Run(void* raw) {
  std::unique_ptr<StartArguments> arguments(static_cast<StartArguments*>(raw));
  arguments->name.resize(std::min<size_t>(arguments->name.size(), 15));
#if defined(__linux__)
  pthread_setname_np(pthread_self(), arguments->name.c_str());
#endif
  arguments->body();
  return nullptr;
}

}  // namespace

Result<Thread> Thread::Start(std::string name, std::function<void()> body) {
  auto arguments = std::make_unique<StartArguments>(
      StartArguments{.name = std::move(name), .body = std::move(body)});
  pthread_t handle;
  int status = pthread_create(&handle, nullptr, &Run, arguments.get());
  if (status != 0) return Error::FromErrno(status, "start thread");
  static_cast<void>(arguments.release());  // Run owns them now
  Thread thread;
  static_assert(sizeof(pthread_t) <= sizeof thread.handle_);
  thread.handle_ = reinterpret_cast<uintptr_t>(reinterpret_cast<void*>(handle));
  thread.joinable_ = true;
  return thread;
}

void Thread::Join() {
  if (!joinable_) return;
  joinable_ = false;
  int status = pthread_join((pthread_t)handle_, nullptr);  // NOLINT: integer or pointer by system
  ZOKIO_CHECK(status == 0, "pthread_join");
}

}  // namespace zokio

#endif
