// Slab<T>: objects in numbered slots, reached by handles that notice when their object is gone.
//
// A handle is a slot's number and its generation, 64 bits together, so it travels through places
// that only carry an integer (a completion's user data, an actor's address). Erasing an object
// ends the generation: old handles then find nothing, also after the slot serves another object.
// A slot whose generations are used up (2^31 lives) retires.
//
// Ownership: the slab owns its objects and destroys those left. Objects never move.
// Thread-safety: one thread.
// Errors: Emplace answers the null handle where `slots_max` is reached or memory is exhausted.
// Cost: a lookup is two loads and a compare; steady state allocates nothing; slots are reused last
//   in, first out. Slots come by the page of 64.
#ifndef ZOKIO_MEM_SLAB_H_
#define ZOKIO_MEM_SLAB_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

#include "base/check.h"
#include "mem/internal/sanitizer.h"

namespace zokio {

struct SlabHandle {
  uint32_t slot = 0;
  uint32_t generation = 0;  // odd while the object lives, so the default handle finds nothing

  explicit operator bool() const { return generation != 0; }
  uint64_t ToBits() const { return uint64_t{generation} << 32 | slot; }
  static SlabHandle FromBits(uint64_t bits) {
    return {static_cast<uint32_t>(bits), static_cast<uint32_t>(bits >> 32)};
  }
  friend bool operator==(SlabHandle, SlabHandle) = default;
};

template <typename T>
class Slab {
 public:
  explicit Slab(uint32_t slots_max = UINT32_MAX) : slots_max_(slots_max) {}
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;
  ~Slab() {
    Clear();
    for (uint32_t i = 0; i < pages_count_; ++i) {
      mem_internal::Unpoison(pages_[i], sizeof(Page));
      std::free(pages_[i]);
    }
    std::free(pages_);
  }

  template <typename... Args>
  SlabHandle Emplace(Args&&... args) {
    if (free_ == kNone && !AddSlot()) return {};
    const uint32_t index = free_;
    Slot& slot = SlotAt(index);
    mem_internal::Unpoison(slot.bytes, sizeof(T));
    {
      // The constructor may emplace others. Where it throws, the slot is free again.
      struct Taken {
        Slab& slab;
        Slot* slot;
        uint32_t index;
        ~Taken() {
          if (slot == nullptr) return;
          slot->next_free = slab.free_;
          slab.free_ = index;
        }
      } taken{*this, &slot, index};
      free_ = slot.next_free;
      new (slot.bytes) T(std::forward<Args>(args)...);
      taken.slot = nullptr;
    }
    ++slot.generation;
    ++size_;
    return {index, slot.generation};
  }

  // nullptr where the object is gone.
  T* Get(SlabHandle handle) {
    if (handle.slot >= slots_) [[unlikely]]
      return nullptr;
    Slot& slot = SlotAt(handle.slot);
    if (slot.generation != handle.generation || handle.generation % 2 == 0) return nullptr;
    return std::launder(reinterpret_cast<T*>(slot.bytes));
  }
  const T* Get(SlabHandle handle) const { return const_cast<Slab*>(this)->Get(handle); }

  // Destroys the object; false where it was gone already.
  bool Erase(SlabHandle handle) {
    T* object = Get(handle);
    if (object == nullptr) return false;
    Slot& slot = SlotAt(handle.slot);
    ++slot.generation;  // before the destructor, which may look itself up
    object->~T();
    mem_internal::Poison(slot.bytes, kBytes);
    --size_;
    if (slot.generation < kGenerationEnd) {
      slot.next_free = free_;
      free_ = handle.slot;
    }
    return true;
  }

  // The handle of an object that lives in this slab.
  SlabHandle HandleAt(uint32_t slot) const {
    ZOKIO_CHECK(slot < slots_, "no such slot");
    const uint32_t generation = const_cast<Slab*>(this)->SlotAt(slot).generation;
    return generation % 2 == 1 ? SlabHandle{slot, generation} : SlabHandle{};
  }

  // Calls `visit(handle, object)` for each; it may erase the object it is given.
  template <typename Visit>
  void ForEach(Visit&& visit) {
    for (uint32_t index = 0; index < slots_; ++index) {
      const SlabHandle handle = HandleAt(index);
      if (handle) visit(handle, *Get(handle));
    }
  }

  void Clear() {
    ForEach([this](SlabHandle handle, T&) { Erase(handle); });
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Slots that exist, live or free.
  size_t capacity() const { return slots_; }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint32_t kPageSlots = 64;
  static constexpr uint32_t kGenerationEnd = UINT32_MAX - 1;

  // Whole granules of AddressSanitizer, so that each can be poisoned.
  static constexpr size_t kBytes = (sizeof(T) + 7) / 8 * 8;

  struct Slot {
    alignas(T) alignas(8) unsigned char bytes[kBytes];
    uint32_t generation;
    uint32_t next_free;
  };
  struct Page {
    Slot slots[kPageSlots];
  };

  Slot& SlotAt(uint32_t index) { return pages_[index / kPageSlots]->slots[index % kPageSlots]; }

  // One more slot at the head of the free list.
  bool AddSlot() {
    if (slots_ >= slots_max_ || slots_ == kNone) return false;
    if (slots_ == pages_count_ * kPageSlots && !AddPage()) return false;
    Slot& slot = SlotAt(slots_);
    slot.generation = 0;
    slot.next_free = free_;
    free_ = slots_++;
    return true;
  }

  bool AddPage() {
    if (pages_count_ == pages_capacity_) {
      const uint32_t grown = pages_capacity_ == 0 ? 8 : pages_capacity_ * 2;
      void* moved = std::realloc(pages_, grown * sizeof(Page*));
      if (moved == nullptr) return false;
      pages_ = static_cast<Page**>(moved);
      pages_capacity_ = grown;
    }
    constexpr size_t kAlignment = alignof(Page) < 64 ? 64 : alignof(Page);
    constexpr size_t kSize = (sizeof(Page) + kAlignment - 1) / kAlignment * kAlignment;
    Page* page = static_cast<Page*>(std::aligned_alloc(kAlignment, kSize));
    if (page == nullptr) return false;
    for (Slot& slot : page->slots) mem_internal::Poison(slot.bytes, kBytes);
    pages_[pages_count_++] = page;
    return true;
  }

  Page** pages_ = nullptr;
  uint32_t pages_count_ = 0;
  uint32_t pages_capacity_ = 0;
  uint32_t slots_ = 0;
  uint32_t free_ = kNone;
  uint32_t slots_max_;
  size_t size_ = 0;
};

}  // namespace zokio

#endif  // ZOKIO_MEM_SLAB_H_
