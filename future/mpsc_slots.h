// MpscSlots<T>: the memory of MpscRing: for each slot a word and room for a message.
//
// A small message shares a line with its word, so that handing it over moves one line. Large ones
// lie apart from the words, each from a line's beginning where it fills lines, and eight words
// share a line: a batch reads its words by the line, and no message straddles two.
//
// Ownership: Free gives the memory back; a copy is a view. The owner constructs and destroys
// messages. Thread-safety: as the ring's.
#ifndef ZOKIO_FUTURE_MPSC_SLOTS_H_
#define ZOKIO_FUTURE_MPSC_SLOTS_H_

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "base/atomic.h"
#include "mem/frame_pool.h"

namespace zokio::internal {

template <typename T>
class MpscSlots {
 public:
  // A word is a number above this many flags.
  static constexpr int kShift = 4;

  // Word i has the number i, and no flags; there is no message.
  explicit MpscSlots(size_t count) : memory_(FramePool::Allocate(Bytes(count))) {
    if constexpr (kApart) {
      auto address = reinterpret_cast<uintptr_t>(memory_);
      values_ = reinterpret_cast<Room*>((address + kLine - 1) & ~(kLine - 1));
      words_ = reinterpret_cast<Atomic<uint64_t>*>(values_ + count);
      for (size_t i = 0; i < count; ++i) ::new (&words_[i]) Atomic<uint64_t>(i << kShift);
    } else {
      values_ = static_cast<Room*>(memory_);
      for (size_t i = 0; i < count; ++i) ::new (&values_[i]) Room(i << kShift);
    }
  }
  void Free(size_t count) {
    if constexpr (kApart) {
      std::destroy_n(words_, count);
    } else {
      std::destroy_n(values_, count);
    }
    FramePool::Free(memory_, Bytes(count));
  }

  Atomic<uint64_t>& word(size_t i) const {
    if constexpr (kApart) {
      return words_[i];
    } else {
      return values_[i].word;
    }
  }
  T& value(size_t i) const { return values_[i].value; }

  // How many slots from position `first` on, at most `limit`, have the words `word`, then that of
  // the next number, and so on, whatever their flags in `ignored` are. Acquires what it counts.
  size_t CountWords(uint64_t first, uint64_t mask, uint64_t word, uint64_t ignored,
                    size_t limit) const {
    const MpscSlots slots = *this;  // a copy, which no store can be thought to change
    for (size_t count = 0; count < limit; ++count, word += uint64_t{1} << kShift) {
      uint64_t seen = slots.word((first + count) & mask).load(memory_order_acquire);
      if ((seen & ~ignored) != word) return count;
    }
    return limit;
  }
  // Where words do not bring the room along: has it fetched for writing.
  void Fetch(uint64_t first, uint64_t mask, size_t limit) const {
    if constexpr (kApart) {
      for (size_t i = 0; i < limit && i <= mask; ++i) {
        __builtin_prefetch(&values_[(first + i) & mask], 1);
      }
    }
  }

 private:
  static constexpr size_t kLine = 64;
  static constexpr bool kApart = sizeof(T) > 32;

  // Such that words behind it are aligned, whatever the size of a message.
  union alignas(T) alignas(Atomic<uint64_t>) Apart {
    T value;
  };
  struct Together {
    explicit Together(uint64_t initial) : word(initial) {}
    ~Together() {}  // NOLINT(modernize-use-equals-default): the union
    Atomic<uint64_t> word;
    union {
      T value;
    };
  };
  using Room = std::conditional_t<kApart, Apart, Together>;

  static constexpr size_t Bytes(size_t count) {
    return kApart ? count * (sizeof(Room) + sizeof(Atomic<uint64_t>)) + kLine
                  : count * sizeof(Room);
  }

  void* memory_;
  Room* values_;
  Atomic<uint64_t>* words_ = nullptr;  // where they are apart
};

// Messages in their slots; dereferencing moves one out.
template <typename T>
class MpscIterator {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = T;
  using difference_type = ptrdiff_t;
  using pointer = T*;
  using reference = T&&;

  MpscIterator(MpscSlots<T> slots, uint64_t mask, uint64_t position)
      : slots_(slots), mask_(mask), position_(position) {}
  T&& operator*() const { return std::move(slots_.value(position_ & mask_)); }
  MpscIterator& operator++() {
    ++position_;
    return *this;
  }
  MpscIterator operator++(int) { return MpscIterator(slots_, mask_, position_++); }
  bool operator==(const MpscIterator& other) const { return position_ == other.position_; }

 private:
  MpscSlots<T> slots_;
  uint64_t mask_;
  uint64_t position_;
};

}  // namespace zokio::internal

#endif  // ZOKIO_FUTURE_MPSC_SLOTS_H_
