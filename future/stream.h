// Stream<T>: a coroutine that yields many values, awaiting in between.
//
//   zokio::Stream<std::string> Lines(TcpStream stream) {
//     while (auto line = co_await ReadLine(stream)) co_yield *std::move(line);
//   }
//   auto lines = Lines(std::move(stream));
//   while (auto line = co_await lines.Next()) Use(*line);      // std::nullopt at the end
//
// Lazy: it runs only while Next is awaited. Adaptors (Map, Filter, Take, ...) are in
// stream_adaptors.h.
//
// Ownership: owns its frame. Movable at any time, also between two Nexts.
// Thread-safety: one thread at a time.
// Errors: an exception that leaves the body is rethrown by Next; the stream has ended then.
// Cancellation: a dropped Next loses nothing: the next one goes on where the body stands. Dropping
// the
//   stream destroys the frame. If the task that awaits Next is cancelled and the body waits for
//   something that takes time to withdraw (a scope), that is waited for and the stream ends.
// Budget: one unit a value.
// Cost: one pooled block; a value costs a resumption and a move of the T.
#ifndef ZOKIO_FUTURE_STREAM_H_
#define ZOKIO_FUTURE_STREAM_H_

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/exceptions.h"
#include "future/leaf_await.h"
#include "future/polled_once.h"
#include "future/task.h"
#include "mem/frame_pool.h"

namespace zokio {

template <typename T>
class Stream;

namespace internal {

template <typename T>
class StreamPromise final : public PromiseBase {
 public:
  static void* operator new(size_t bytes) { return FramePool::Allocate(bytes); }
  static void operator delete(void* frame, size_t bytes) { FramePool::Free(frame, bytes); }

  Stream<T> get_return_object();

  template <typename U = T>
    requires std::is_constructible_v<T, U>
  std::suspend_always yield_value(U&& value) {
    value_.emplace(std::forward<U>(value));
    return {};
  }
  void return_void() {}
  void unhandled_exception() {
#if ZOKIO_EXCEPTIONS
    exception_ = std::current_exception();
#endif
  }
  // Control returns to whoever polls.
  std::coroutine_handle<> Next() noexcept { return std::noop_coroutine(); }

  StreamPromise() {
    root_ = &root;
    continuation_ = Continuation::Root();
  }

  TaskRoot root;  // what the body waits on, from one Next to the next
  std::optional<T> value_;
#if ZOKIO_EXCEPTIONS
  std::exception_ptr exception_;
#endif
};

}  // namespace internal

template <typename T>
class [[nodiscard]] Stream {
  static_assert(std::is_object_v<T>, "Stream<T&>: yield pointers");

 public:
  using promise_type = internal::StreamPromise<T>;
  using value_type = T;
  using Handle = std::coroutine_handle<promise_type>;

  class [[nodiscard]] NextFuture {
   public:
    explicit NextFuture(Stream* stream) : stream_(stream) {}
    Poll<std::optional<T>> poll(Context& context) {
      once_.Check("a Next was polled after it was ready");
      return once_.Pass(stream_->PollNext(context));
    }
    // Only where the awaiting frame dies: a Next that merely lost a race leaves the stream alone.
    Poll<void> poll_cancel(Context& context) {
      return context.frame_dies() ? stream_->PollCancelBody(context) : Poll<void>(kReady);
    }

   private:
    Stream* stream_;
    internal::PolledOnce once_;
  };

  explicit Stream(Handle frame) : frame_(frame) {}
  Stream(Stream&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Stream& operator=(Stream&& other) noexcept {
    if (this != &other) {
      Drop();
      frame_ = std::exchange(other.frame_, nullptr);
    }
    return *this;
  }
  ~Stream() { Drop(); }

  // The next value; std::nullopt, again and again, once the body has ended.
  NextFuture Next() { return NextFuture(this); }

 private:
  Poll<std::optional<T>> PollNext(Context& context) {
    using Answer = Poll<std::optional<T>>;
    if (frame_ == nullptr || frame_.done()) return Answer(std::nullopt);
    if (!context.SpendBudget()) return kPending;
    promise_type& promise = frame_.promise();
    internal::ResumeRoot(promise.root, frame_, context);
    if (promise.value_) {
      Answer answer(std::optional<T>(std::move(promise.value_)));
      promise.value_.reset();
      return answer;
    }
    if (!frame_.done()) {
      context.RefundBudget();
      return kPending;
    }
#if ZOKIO_EXCEPTIONS
    if (promise.exception_) {
      std::rethrow_exception(std::exchange(promise.exception_, nullptr));
    }
#endif
    return Answer(std::nullopt);
  }
  Poll<void> PollCancelBody(Context& context) {
    if (frame_ == nullptr || frame_.promise().root.leaf == nullptr) return kReady;
    const LeafAwait* leaf = frame_.promise().root.leaf;
    if (leaf->vtable->poll_cancel == nullptr && !internal::HasLinks(leaf->continuation)) {
      return kReady;
    }
    if (!internal::CancelRoot(frame_.promise().root, context)) return kPending;
    Drop();
    return kReady;
  }
  void Drop() {
    if (Handle frame = std::exchange(frame_, nullptr)) frame.destroy();
  }

  Handle frame_;
};

template <typename T>
Stream<T> internal::StreamPromise<T>::get_return_object() {
  return Stream<T>(std::coroutine_handle<StreamPromise>::from_promise(*this));
}

}  // namespace zokio

#endif  // ZOKIO_FUTURE_STREAM_H_
