// model::Thread: a fiber that the model checker schedules; a std::thread where none does.
//
// Ownership, thread-safety, errors: as base/thread.h. Start never fails under the checker.
#ifndef ZOKIO_BASE_MODEL_THREAD_H_
#define ZOKIO_BASE_MODEL_THREAD_H_

#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "base/model/engine.h"
#include "base/result.h"

namespace zokio::model {

class Thread {
 public:
  Thread() = default;
  Thread(Thread&& other) noexcept
      : plain_(std::move(other.plain_)),
        id_(std::exchange(other.id_, kNone)),
        where_(other.where_) {}
  Thread& operator=(Thread&& other) noexcept {
    Join();
    plain_ = std::move(other.plain_);
    id_ = std::exchange(other.id_, kNone);
    where_ = other.where_;
    return *this;
  }
  // The line that started it stands for the end of its scope.
  ~Thread() { Join(where_); }

  static Result<Thread> Start(std::string name, std::function<void()> body,
                              SourceLocation where = SourceLocation::current()) {
    Thread thread;
    thread.where_ = where;
    if (Engine* engine = CurrentEngine()) {
      thread.id_ = engine->ThreadStart(std::move(name), std::move(body), where);
    } else {
      thread.plain_ = std::thread(std::move(body));
    }
    return thread;
  }

  bool joinable() const { return id_ != kNone || plain_.joinable(); }
  void Join(SourceLocation where = SourceLocation::current()) {
    if (id_ != kNone) {
      // An abandoned execution destroys nothing, so the engine is there.
      CurrentEngine()->ThreadJoin(std::exchange(id_, kNone), where);
    } else if (plain_.joinable()) {
      plain_.join();
    }
  }

 private:
  static constexpr int kNone = -1;
  std::thread plain_;
  int id_ = kNone;
  SourceLocation where_;
};

}  // namespace zokio::model

#endif  // ZOKIO_BASE_MODEL_THREAD_H_
