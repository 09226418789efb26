// FromCallback<T>(start): awaits an operation that reports its end by a callback.
//
//   zokio::Result<Row> row = co_await zokio::FromCallback<Row>([&](zokio::Completer<Row> done) {
//     database.Query(sql, [done = std::move(done)](Row r) mutable { std::move(done)(std::move(r));
//     });
//   });
//
// `start` is called at the first poll. The completer is called once, from any thread, also before
// `start` returns. For interfaces in C it goes through a `void*` by Release and Adopt.
//
// Errors: kClosed when the completer is dropped without a call.
// Cancellation: dropping the future lets the operation run on; its answer is dropped.
// Cost: one pooled block.
#ifndef ZOKIO_FUTURE_FROM_CALLBACK_H_
#define ZOKIO_FUTURE_FROM_CALLBACK_H_

#include <functional>
#include <optional>
#include <utility>

#include "base/result.h"
#include "future/oneshot.h"

namespace zokio {

// Move-only: where a copyable callable is asked for, keep it in a std::shared_ptr.
template <typename T>
class Completer {
 public:
  explicit Completer(OneshotSender<T> sender) : sender_(std::move(sender)) {}

  // False when nobody waits any more.
  bool operator()(T value) && { return std::move(sender_).Send(std::move(value)); }

  // As a pointer that stands for this completer until Adopt takes it back.
  void* Release() && { return std::move(sender_).Release(); }
  static Completer Adopt(void* pointer) { return Completer(OneshotSender<T>::Adopt(pointer)); }

 private:
  OneshotSender<T> sender_;
};

template <typename T, std::invocable<Completer<T>> Start>
class [[nodiscard]] FromCallbackFuture {
 public:
  explicit FromCallbackFuture(Start start) : start_(std::move(start)) {}

  Poll<Result<T>> poll(Context& context) {
    if (!receiver_) {
      OneshotChannel<T> channel = MakeOneshot<T>();
      receiver_.emplace(std::move(channel.receiver));
      std::invoke(start_, Completer<T>(std::move(channel.sender)));
    }
    return receiver_->poll(context);
  }

 private:
  Start start_;
  std::optional<OneshotReceiver<T>> receiver_;
};

template <typename T, typename Start>
auto FromCallback(Start start) {
  return FromCallbackFuture<T, Start>(std::move(start));
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_FROM_CALLBACK_H_
