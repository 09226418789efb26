// ChildWakers: one waker per child of a combinator, so that a wake polls that child only.
//
// A child's wake sets its bit and wakes the combinator's parent; the combinator then polls the
// children whose bits are set. Child wakers may be kept and called long after the combinator is
// gone: they share a block that lives until the last of them is dropped.
//
// Thread-safety: TakeWoken and SetParent by the polling thread; child wakers by any.
// Memory ordering: a child's wake publishes with release what TakeWoken acquires.
// Cost: one pooled block for all children; a wake is two read-modify-writes.
#ifndef ZOKIO_FUTURE_CHILD_WAKERS_H_
#define ZOKIO_FUTURE_CHILD_WAKERS_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/atomic.h"
#include "future/atomic_waker.h"
#include "future/context.h"

namespace zokio::internal {

struct ChildWakerBlock;

class ChildWakers {
 public:
  // Every child starts woken: the first poll polls all.
  explicit ChildWakers(size_t count);
  ChildWakers(ChildWakers&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  ChildWakers& operator=(ChildWakers&&) = delete;
  ~ChildWakers();

  // Whom child wakes wake. Call before TakeWoken in every poll.
  void SetParent(const Waker& waker);

  // Polls by `poll_child(index, child_context)` each child that was woken since the last time.
  // Stops early when it answers false; the remaining bits stay set.
  template <typename PollChild>
  void PollWoken(Context& context, PollChild&& poll_child) {
    for (size_t word = 0; word < word_count(); ++word) {
      uint64_t woken = TakeWord(word);
      while (woken != 0) {
        size_t index = word * 64 + static_cast<size_t>(std::countr_zero(woken));
        woken &= woken - 1;
        Waker waker = BorrowedWaker(index);
        Context child_context = context.WithWaker(waker);
        bool go_on = poll_child(index, child_context);
        waker.Release();
        if (!go_on) {
          PutBack(word, woken);
          return;
        }
      }
    }
  }

 private:
  size_t word_count() const;
  uint64_t TakeWord(size_t word);
  void PutBack(size_t word, uint64_t bits);
  // Owns no share: the caller releases it.
  Waker BorrowedWaker(size_t index);

  ChildWakerBlock* block_;
};

}  // namespace zokio::internal

#endif  // ZOKIO_FUTURE_CHILD_WAKERS_H_
