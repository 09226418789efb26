// Waker: how a future that answered pending gets its task polled again.
//
// Two words: a table of functions and what they act on. Whoever will make the future ready clones
// the waker out of the Context and calls it once there is news. Waking is idempotent and never
// lost: a wake while the task runs is remembered and the task polled once more; many wakes before
// a poll are one poll. A late wake, of a task that ended, does nothing.
//
// Ownership: a Waker owns a share of what it wakes (for a task: one reference of its block).
// Thread-safety: clone, wake and drop from any thread; one Waker object is a plain value.
// Rules: call and drop wakers outside locks, because what they run (a scheduler, a combinator's
//   parent) takes locks of its own. No user code runs inside Wake().
// Cost for a task's waker: drop one read-modify-write, wake one, plus the queueing; clone one, but
//   for the first two of a poll, which cost none.
#ifndef ZOKIO_FUTURE_WAKER_H_
#define ZOKIO_FUTURE_WAKER_H_

#include <utility>

namespace zokio {

class Waker;

// The functions of one kind of waker. All are callable from any thread and none throws.
struct WakerVtable {
  // A new owning Waker of the same target. May differ from `data`: a combinator's child waker is
  // on the stack until somebody needs to keep it.
  Waker (*clone)(void* data);
  // Wakes and gives up the share that the caller owned.
  void (*wake)(void* data);
  // Wakes, the caller's share stays.
  void (*wake_by_ref)(void* data);
  // Gives up the share without waking.
  void (*drop)(void* data);
  // The table that clones get where that is another one: such wakers are the same to WillWake.
  const WakerVtable* of_clones = nullptr;
};

class [[nodiscard]] Waker {
 public:
  // An empty waker: waking it does nothing.
  constexpr Waker() = default;
  // Adopts one share of `data`.
  constexpr Waker(const WakerVtable* vtable, void* data) : vtable_(vtable), data_(data) {}

  Waker(Waker&& other) noexcept
      : vtable_(std::exchange(other.vtable_, nullptr)), data_(other.data_) {}
  Waker& operator=(Waker&& other) noexcept {
    if (this != &other) {
      // The old share is dropped last: dropping may run code that looks at this object.
      Waker old = std::move(*this);
      vtable_ = std::exchange(other.vtable_, nullptr);
      data_ = other.data_;
    }
    return *this;
  }
  ~Waker() {
    if (vtable_ != nullptr) vtable_->drop(data_);
  }

  Waker Clone() const { return vtable_ == nullptr ? Waker() : vtable_->clone(data_); }

  // Consumes this waker. Cheaper than WakeByRef followed by a drop.
  void Wake() && {
    if (const WakerVtable* vtable = std::exchange(vtable_, nullptr)) vtable->wake(data_);
  }
  void WakeByRef() const {
    if (vtable_ != nullptr) vtable_->wake_by_ref(data_);
  }

  // True when both wake the same target for sure; false negatives are allowed.
  bool WillWake(const Waker& other) const {
    return data_ == other.data_ && (vtable_ == other.vtable_ || Kind() == other.Kind());
  }
  explicit operator bool() const { return vtable_ != nullptr; }

  // For the implementers of tables.
  const WakerVtable* vtable() const { return vtable_; }
  void* data() const { return data_; }
  // Forgets the share without dropping it: this object did not own one.
  void Release() { vtable_ = nullptr; }

 private:
  const WakerVtable* Kind() const {
    return vtable_ == nullptr || vtable_->of_clones == nullptr ? vtable_ : vtable_->of_clones;
  }

  const WakerVtable* vtable_ = nullptr;
  void* data_ = nullptr;
};

// A waker that does nothing, for polling by hand.
const Waker& NoopWaker();

}  // namespace zokio

#endif  // ZOKIO_FUTURE_WAKER_H_
