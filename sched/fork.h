// Fork: children that may run on several workers, joined where they are forked.
//
//   Task<uint64_t> Fib(int n) {
//     if (n < 2) co_return n;
//     auto [a, b] = co_await Fork(Fib(n - 1), Fib(n - 2));
//     co_return a + b;
//   }
//
//   std::array<uint64_t, 10> sums;                       // as many children as there are results
//   co_await ForkEach(std::span(sums), [&](size_t i) { return Sum(i); });
//
// The first child runs at once, in place of its parent; the others too, one after the other, unless
// an idle worker steals them meanwhile. So a fork that nobody steals from is about as cheap as
// awaiting the children in turn, and what is stolen is the oldest and largest piece there is.
//
// The parent goes on when all children have ended: they may use what lives in its frame. Children
// may await whatever a task awaits; others go on meanwhile. They must not wait for *each other*:
// nothing promises that two of them run at the same time. On an executor other than a Scheduler
// they run in turn.
//
// Ownership: the children belong to the fork.
// Thread-safety: as a Task; children run on any worker.
// Cancellation: a cancelled parent cancels its children and ends after them.
// Errors: an exception of a child is rethrown at the fork, when all have ended; the first by order
//   counts.
// Cost: no allocation beside the children's own frames (ForkEach: one more above 16 children); for
//   a child that is not stolen no atomic read-modify-write.
// Source: the child-stealing fork of Cilk-like runtimes, with coroutines as the children.
#ifndef ZOKIO_SCHED_FORK_H_
#define ZOKIO_SCHED_FORK_H_

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/check.h"
#include "future/task.h"
#include "mem/frame_pool.h"
#include "sched/internal/fork_awaiter.h"

namespace zokio {

namespace internal {

template <typename T>
using ForkResult = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

// Owns children whose types may differ, and waits for them.
template <typename... Ts>
class ForkAllAwaiter final : public ForkAwaiter<ForkAllAwaiter<Ts...>> {
 public:
  explicit ForkAllAwaiter(Task<Ts>&... tasks) : frames_{TaskAccess::Release(std::move(tasks))...} {}
  ~ForkAllAwaiter() {
    if (__builtin_expect(taken_ != kCount, 0)) DiscardAll(std::index_sequence_for<Ts...>());
  }

  [[gnu::always_inline]] auto await_resume() {
    return TakeAll(std::index_sequence_for<Ts...>(), this->elsewhere_at_end());
  }

 private:
  friend class ForkAwaiter<ForkAllAwaiter>;
  static constexpr uint32_t kCount = sizeof...(Ts);
  static constexpr bool kAllVoid = (std::is_void_v<Ts> && ...);
  template <size_t i>
  using ResultAt = std::tuple_element_t<i, std::tuple<std::type_identity<Ts>...>>::type;

  // By the index of the child; for two children the compiler makes a comparison of it.
  static constexpr TaskHeader* (*kPrepare[])(void*, Context&) = {&ForkedTask<Ts>::Prepare...};
  static constexpr bool (*kAnswered[])(void*) = {&ForkedTask<Ts>::Answered...};
  static constexpr TaskHeader* (*kHeader[])(void*) = {&TaskBlock<Ts>::HeaderOfFrame...};

  static constexpr uint32_t count() { return kCount; }
  void* FrameAt(uint32_t child) const { return frames_[child]; }
  TaskHeader* HeaderAt(uint32_t child) const { return kHeader[child](frames_[child]); }
  TaskHeader* PrepareAt(uint32_t child, Context& context) {
    return kPrepare[child](frames_[child], context);
  }
  bool AnsweredAt(uint32_t child) const { return kAnswered[child](frames_[child]); }

  template <size_t i>
  [[gnu::always_inline]] ForkResult<ResultAt<i>> TakeAt(uint32_t elsewhere) {
    using T = ResultAt<i>;
    taken_ = i + 1;
    if constexpr (std::is_void_v<T>) {
      ForkedTask<T>::Take(frames_[i], i >= elsewhere);
      return {};
    } else {
      return ForkedTask<T>::Take(frames_[i], i >= elsewhere);
    }
  }
  template <size_t... i>
  [[gnu::always_inline]] auto TakeAll(std::index_sequence<i...>, uint32_t elsewhere) {
    if constexpr (kAllVoid) {
      ((void)TakeAt<i>(elsewhere), ...);
    } else {
      return std::tuple<ForkResult<Ts>...>{TakeAt<i>(elsewhere)...};
    }
  }
  // It was not awaited to its end.
  template <size_t... i>
  [[gnu::noinline]] void DiscardAll(std::index_sequence<i...>) {
    const uint32_t elsewhere = this->elsewhere();
    ((i < taken_ ? void() : ForkedTask<ResultAt<i>>::Discard(frames_[i], i >= elsewhere)), ...);
  }

  uint32_t taken_ = 0;
  void* frames_[kCount];
};

// The frames of children of one type; keeps its array inline for a few.
template <typename T>
class ForkedFrames {
 public:
  static constexpr uint32_t kInline = 16;

  template <typename Make>
  ForkedFrames(size_t count, Make& make) : capacity_(static_cast<uint32_t>(count)) {
    ZOKIO_CHECK(count < UINT32_MAX, "too many children for one fork");
    frames_ =
        capacity_ <= kInline ? inline_ : static_cast<void**>(FramePool::Allocate(ArrayBytes()));
    Guard guard{this};
    for (; made_ < capacity_; ++made_) frames_[made_] = TaskAccess::Release(Task<T>(make(made_)));
    guard.frames = nullptr;
  }
  ~ForkedFrames() {
    if (frames_ != inline_) FramePool::Free(frames_, ArrayBytes());
  }
  ForkedFrames(const ForkedFrames&) = delete;
  ForkedFrames& operator=(const ForkedFrames&) = delete;

  uint32_t count() const { return capacity_; }
  void*& operator[](uint32_t child) { return frames_[child]; }
  void* operator[](uint32_t child) const { return frames_[child]; }

 private:
  // `make` may throw.
  struct Guard {
    ForkedFrames* frames;
    ~Guard() {
      if (frames == nullptr) return;
      for (uint32_t i = 0; i < frames->made_; ++i) {
        ForkedTask<T>::Discard(frames->frames_[i], false);
      }
      if (frames->frames_ != frames->inline_) {
        FramePool::Free(frames->frames_, frames->ArrayBytes());
      }
    }
  };
  size_t ArrayBytes() const { return capacity_ * sizeof(void*); }

  const uint32_t capacity_;
  uint32_t made_ = 0;
  void** frames_;
  void* inline_[kInline];
};

// Waits for children of one type; writes their results to `results`, which is null for void.
template <typename T>
class ForkEachAwaiter final : public ForkAwaiter<ForkEachAwaiter<T>> {
 public:
  template <typename Make>
  ForkEachAwaiter(ForkResult<T>* results, size_t count, Make& make, TaskRoot* root)
      : results_(results), frames_(count, make) {
    this->SetRoot(root);
  }
  ~ForkEachAwaiter() {
    const uint32_t elsewhere = this->elsewhere();
    for (uint32_t i = taken_; i < frames_.count(); ++i) {
      ForkedTask<T>::Discard(frames_[i], i >= elsewhere);
    }
  }

  void await_resume() {
    const uint32_t elsewhere = this->elsewhere();
    while (taken_ < frames_.count()) {
      const uint32_t i = taken_++;
      if constexpr (std::is_void_v<T>) {
        ForkedTask<T>::Take(frames_[i], i >= elsewhere);
      } else {
        results_[i] = ForkedTask<T>::Take(frames_[i], i >= elsewhere);
      }
    }
  }

 private:
  friend class ForkAwaiter<ForkEachAwaiter>;

  uint32_t count() const { return frames_.count(); }
  void* FrameAt(uint32_t child) const { return frames_[child]; }
  TaskHeader* HeaderAt(uint32_t child) const { return TaskBlock<T>::HeaderOfFrame(frames_[child]); }
  TaskHeader* PrepareAt(uint32_t child, Context& context) {
    return ForkedTask<T>::Prepare(frames_[child], context);
  }
  bool AnsweredAt(uint32_t child) const { return ForkedTask<T>::Answered(frames_[child]); }

  ForkResult<T>* const results_;
  uint32_t taken_ = 0;
  ForkedFrames<T> frames_;
};

template <typename Make>
using ForkedBy = typename std::invoke_result_t<Make&, size_t>::value_type;

}  // namespace internal

// What Fork returns: to be awaited at once, inside a Task.
template <typename... Ts>
class [[nodiscard]] ForkAll {
  using Awaiter = internal::ForkAllAwaiter<Ts...>;
  // g++-12 copies an awaiter that it is given by reference.
  class AwaiterAt {
   public:
    explicit AwaiterAt(Awaiter* at) : at_(at) {}
    [[gnu::always_inline]] bool await_ready() noexcept { return at_->await_ready(); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> coroutine) noexcept {
      return at_->await_suspend(coroutine);
    }
    [[gnu::always_inline]] auto await_resume() { return at_->await_resume(); }

   private:
    Awaiter* at_;
  };

 public:
  explicit ForkAll(Task<Ts>&... tasks) : awaiter_(tasks...) {}
  AwaiterAt AwaitInPlace(TaskRoot* root) && {
    awaiter_.SetRoot(root);
    return AwaiterAt(&awaiter_);
  }

 private:
  Awaiter awaiter_;
};

// co_await yields a tuple of the results, with std::monostate for void; nothing when all are void.
template <typename... Ts>
  requires(sizeof...(Ts) > 0)
ForkAll<Ts...> Fork(Task<Ts>... tasks) {
  ZOKIO_CHECK((static_cast<bool>(tasks) && ...), "Fork of a task that was awaited or moved from");
  return ForkAll<Ts...>(tasks...);
}

// What ForkEach returns: to be awaited at once, inside a Task.
template <typename T, typename Make>
class [[nodiscard]] ForkMany {
 public:
  ForkMany(internal::ForkResult<T>* results, size_t count, Make make)
      : results_(results), count_(count), make_(std::move(make)) {}
  auto AwaitInPlace(TaskRoot* root) && {
    return internal::ForkEachAwaiter<T>(results_, count_, make_, root);
  }

 private:
  internal::ForkResult<T>* results_;
  size_t count_;
  Make make_;
};

// Forks make(0), make(1), ..., one for each result. `make` is called before any child runs.
template <typename T, size_t extent, typename Make>
  requires std::same_as<std::invoke_result_t<Make&, size_t>, Task<T>>
auto ForkEach(std::span<T, extent> results, Make make) {
  return ForkMany<T, Make>(results.data(), results.size(), std::move(make));
}
// Forks make(0) to make(count - 1), which yield nothing.
template <typename Make>
  requires std::same_as<std::invoke_result_t<Make&, size_t>, Task<void>>
auto ForkEach(size_t count, Make make) {
  return ForkMany<void, Make>(nullptr, count, std::move(make));
}

}  // namespace zokio

#endif  // ZOKIO_SCHED_FORK_H_
