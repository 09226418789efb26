// LeafAwait: what a suspended coroutine waits on, and the resumption of a coroutine tree.
//
// A task is a chain of coroutines, each awaiting the next; at the end of the chain stands one
// future, the leaf. A wake polls that leaf only, however deep the chain: the root remembers it.
// When the leaf is ready, the coroutine that awaits it is resumed, and returns to its parents by
// symmetric transfer.
//
// Thread-safety: one thread at a time, the one that runs the task.
#ifndef ZOKIO_FUTURE_LEAF_AWAIT_H_
#define ZOKIO_FUTURE_LEAF_AWAIT_H_

#include <coroutine>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/exceptions.h"
#include "future/context.h"
#include "future/future.h"
#include "future/task_header.h"

namespace zokio {

struct LeafVtable {
  // Polls the awaited future; true when its answer (or its exception) is there.
  bool (*poll)(LeafAwait* leaf, Context& context);
  // Drives the awaited future's withdrawal; true when it may be dropped. Null: it always may.
  bool (*poll_cancel)(LeafAwait* leaf, Context& context);
  // The type of the awaited future, for dumps: a wait's reason.
  std::string_view awaited;
};

struct LeafAwait {
  const LeafVtable* vtable;
  std::coroutine_handle<> continuation;
};

// Stands for a coroutine where code awaits a task: a fork that runs one child after another.
struct EndLink {
  // At the end of the task's body: what is to run next.
  std::coroutine_handle<> (*ended)(EndLink* link) noexcept;
  // Drives the withdrawal of what it started elsewhere; true when its frame may be destroyed.
  bool (*poll_cancel)(EndLink* link, Context& context) noexcept;
  // The coroutine in whose frame it is.
  std::coroutine_handle<> parent;
};

// What goes on when a body has ended: a coroutine, a link's code, or (for a root) nothing.
class Continuation {
 public:
  Continuation() {}  // NOLINT(modernize-use-equals-default): set by whoever starts the body
  static Continuation Root() { return Continuation(kLink); }
  explicit Continuation(std::coroutine_handle<> coroutine)
      : word_(reinterpret_cast<uintptr_t>(coroutine.address())) {}
  explicit Continuation(EndLink* link) : word_(reinterpret_cast<uintptr_t>(link) | kLink) {}

  std::coroutine_handle<> Next() const noexcept {
    if ((word_ & kLink) == 0) [[likely]]
      return Coroutine();
    return word_ == kLink ? std::noop_coroutine() : Link()->ended(Link());
  }

  bool root() const { return word_ == kLink; }
  bool is_link() const { return (word_ & kLink) != 0; }
  EndLink* Link() const { return reinterpret_cast<EndLink*>(word_ & ~kLink); }
  std::coroutine_handle<> Coroutine() const {
    return std::coroutine_handle<>::from_address(reinterpret_cast<void*>(word_));
  }

 private:
  static constexpr uintptr_t kLink = 1;
  explicit Continuation(uintptr_t word) : word_(word) {}
  uintptr_t word_;
};

namespace internal {

// The name of a type as the compiler writes it.
template <typename T>
constexpr std::string_view AwaitedName() {
  const std::string_view function = __PRETTY_FUNCTION__;
  constexpr std::string_view kBefore = "T = ";
  const size_t begin = function.find(kBefore) + kBefore.size();
  return function.substr(begin, function.find_last_of("];") - begin);
}

// Starts or resumes the coroutine tree whose outermost coroutine is `outermost`. It ended if its
// result slot says so. Cost when the leaf is still pending: one indirect call.
inline void ResumeRoot(TaskRoot& root, std::coroutine_handle<> outermost, Context& context) {
  root.context = &context;
  if (LeafAwait* leaf = root.leaf) {
    if (!leaf->vtable->poll(leaf, context)) return;
    // An answer that ended the body may have made a fork wait in its place.
    if (root.leaf == leaf) root.leaf = nullptr;
    leaf->continuation.resume();
  } else {
    outermost.resume();
  }
}

// Withdraws what the links between a suspended coroutine and its root have started elsewhere.
// True when nothing of it is left.
inline bool CancelLinks(std::coroutine_handle<> suspended, Context& context) noexcept;
// Whether there are any.
inline bool HasLinks(std::coroutine_handle<> suspended) noexcept;

// True when the tree may be destroyed: it waits on nothing whose withdrawal takes time.
inline bool CancelRoot(TaskRoot& root, Context& context) {
  if (root.leaf == nullptr) return true;
  root.context = &context;
  Context dying = context.ForDyingFrame();
  if (!CancelLinks(root.leaf->continuation, dying)) return false;
  return root.leaf->vtable->poll_cancel == nullptr ||
         root.leaf->vtable->poll_cancel(root.leaf, dying);
}

// Room for a LeafAwait that the first suspension fills in: an answer that is there at once, as that
// of a free lock, then costs no stores for it.
struct UnsetLeaf {
  UnsetLeaf() {}  // NOLINT(modernize-use-equals-default): the union
  union {
    LeafAwait leaf;
  };
};

// The awaiter of any future inside a Task. Lives in the coroutine's frame and holds the future by
// reference (`F&`: a temporary or a variable of the same frame) or by value (`F`).
template <typename Held>
class FutureAwaiter : private UnsetLeaf {
  using F = std::remove_reference_t<Held>;
  using Output = OutputOf<F>;

 public:
  template <typename A>
  FutureAwaiter(A&& future, TaskRoot* root) : future_(std::forward<A>(future)), root_(root) {}
  FutureAwaiter(FutureAwaiter&&) = delete;  // the root points here while suspended

  [[gnu::always_inline]] bool await_ready() { return PollOnce(*root_->context); }
  void await_suspend(std::coroutine_handle<> coroutine) {
    root_->leaf = std::construct_at(&leaf, LeafAwait{&kVtable, coroutine});
  }
  Output await_resume() {
#if ZOKIO_EXCEPTIONS
    if constexpr (kMayThrow) {
      if (exception_) std::rethrow_exception(std::move(exception_));
    }
#endif
    return std::move(poll_).value();
  }

 private:
  static constexpr bool kMayThrow = !noexcept(std::declval<F&>().poll(std::declval<Context&>()));
  struct NoException {};

  static FutureAwaiter* Of(LeafAwait* leaf) {
    return static_cast<FutureAwaiter*>(reinterpret_cast<UnsetLeaf*>(leaf));
  }
  static bool PollLeaf(LeafAwait* leaf, Context& context) {
    FutureAwaiter* self = Of(leaf);
#if ZOKIO_EXCEPTIONS
    if constexpr (kMayThrow) {
      try {
        return self->PollOnce(context);
      } catch (...) {
        // Rethrown inside the coroutine, where the user can catch it.
        self->exception_ = std::current_exception();
        return true;
      }
    }
#endif
    return self->PollOnce(context);
  }
  // The answer is made in its place: not moved there, and not assigned, which it need not be.
  [[gnu::always_inline]] bool PollOnce(Context& context) noexcept(!kMayThrow) {
    std::destroy_at(&poll_);
    Refill refill{&poll_};
    ::new (&poll_) Poll<Output>(future_.poll(context));
    refill.poll = nullptr;
    return poll_.ready();
  }
  // Leaves something to be destroyed where the poll throws.
  struct Refill {
    ~Refill() {
      if (kMayThrow && poll != nullptr) std::construct_at(poll, kPending);
    }
    Poll<Output>* poll;
  };
  static bool CancelLeaf(LeafAwait* leaf, Context& context) noexcept {
    return PollCancel(Of(leaf)->future_, context).ready();
  }
  static constexpr LeafVtable kVtable{&PollLeaf, AsyncCancellable<F> ? &CancelLeaf : nullptr,
                                      AwaitedName<F>()};

  Held future_;
  TaskRoot* root_;
#if ZOKIO_EXCEPTIONS
  [[no_unique_address]] std::conditional_t<kMayThrow, std::exception_ptr, NoException> exception_;
#endif
  Poll<Output> poll_ = kPending;
};

}  // namespace internal
}  // namespace zokio

#endif  // ZOKIO_FUTURE_LEAF_AWAIT_H_
