// Slab<T>: slots of one size for one loop, with stable addresses.
//
// Chunks of 64 KiB, aligned to their size, whose head names the loop: so that a slot finds its
// owner without storing it. A freed slot is the next one given. Chunks live as long as the loop's
// memory, hence a stale pointer never leaves the slab.
//
// Thread-safety: the loop's thread; OwnerOf from any.
// Errors: Allocate answers null when memory is exhausted.
// Cost: a list pop and the constructor; a chunk of memory every few hundred slots, never in
//   steady state. Free slots are poisoned under AddressSanitizer.
#ifndef ZOKIO_IO_INTERNAL_SLAB_H_
#define ZOKIO_IO_INTERNAL_SLAB_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>
#include <vector>

#include "base/check.h"

#if defined(__SANITIZE_ADDRESS__)
#define ZOKIO_IO_SLAB_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ZOKIO_IO_SLAB_POISONS 1
#endif
#endif
#ifdef ZOKIO_IO_SLAB_POISONS
#include <sanitizer/asan_interface.h>
#endif

namespace zokio::io {

class Loop;

inline constexpr size_t kSlabChunkSize = 64 * 1024;

struct alignas(64) SlabChunkHead {
  Loop* owner;
  uint32_t used;  // slots that were ever given
};

// The loop whose slab holds `slot`.
inline Loop* SlabOwnerOf(const void* slot) {
  return reinterpret_cast<const SlabChunkHead*>(reinterpret_cast<uintptr_t>(slot) &
                                                ~(kSlabChunkSize - 1))
      ->owner;
}

template <typename T>
class Slab {
 public:
  explicit Slab(Loop* owner) : owner_(owner) {}
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;
  ~Slab() {
    ZOKIO_CHECK(live_ == 0, "a slab ended with slots in use");
    for (SlabChunkHead* chunk : chunks_) {
      Unpoison(chunk, kSlabChunkSize);
      ::operator delete(static_cast<void*>(chunk), std::align_val_t{kSlabChunkSize});
    }
  }

  template <typename... Args>
  T* Allocate(Args&&... args) {
    void* place = free_;
    if (place != nullptr) {
      Unpoison(place, sizeof(T));
      free_ = *static_cast<void**>(place);
    } else {
      place = Fresh();
      if (place == nullptr) return nullptr;
    }
    ++live_;
    return ::new (place) T(std::forward<Args>(args)...);
  }

  // The slot was destroyed by ~T here.
  void Free(T* slot) {
    slot->~T();
    void* place = slot;
    *static_cast<void**>(place) = free_;
    free_ = place;
    Poison(place, sizeof(T));
    --live_;
  }

  // Calls `visit` for every slot in use. For shutdown: it sorts the free slots first.
  template <typename Visitor>
  void ForEachLive(Visitor visit) {
    std::vector<void*> free_slots;
    for (void* place = free_; place != nullptr; place = *static_cast<void**>(place)) {
      free_slots.push_back(place);
    }
    std::sort(free_slots.begin(), free_slots.end());
    for (SlabChunkHead* chunk : chunks_) {
      for (uint32_t i = 0; i < chunk->used; ++i) {
        void* place = reinterpret_cast<uint8_t*>(chunk + 1) + sizeof(T) * i;
        if (!std::binary_search(free_slots.begin(), free_slots.end(), place)) {
          visit(static_cast<T*>(place));
        }
      }
    }
  }

  int64_t live() const { return live_; }
  // Slots that others will free after the loop went.
  void Forget(int64_t count) { live_ -= count; }
  size_t bytes() const { return chunks_.size() * kSlabChunkSize; }

 private:
  static constexpr uint32_t kPerChunk =
      static_cast<uint32_t>((kSlabChunkSize - sizeof(SlabChunkHead)) / sizeof(T));
  static_assert(sizeof(T) >= sizeof(void*) && alignof(T) <= 64);

  void* Fresh() {
    if (chunks_.empty() || chunks_.back()->used == kPerChunk) {
      void* memory = ::operator new(kSlabChunkSize, std::align_val_t{kSlabChunkSize}, std::nothrow);
      if (memory == nullptr) return nullptr;
      chunks_.push_back(::new (memory) SlabChunkHead{owner_, 0});
    }
    SlabChunkHead* chunk = chunks_.back();
    return reinterpret_cast<uint8_t*>(chunk + 1) + sizeof(T) * chunk->used++;
  }

#ifdef ZOKIO_IO_SLAB_POISONS
  // The first word links the free list.
  static void Poison(void* place, size_t size) {
    ASAN_POISON_MEMORY_REGION(static_cast<void**>(place) + 1, size - sizeof(void*));
  }
  static void Unpoison(void* place, size_t size) { ASAN_UNPOISON_MEMORY_REGION(place, size); }
#else
  static void Poison(void*, size_t) {}
  static void Unpoison(void*, size_t) {}
#endif

  Loop* const owner_;
  void* free_ = nullptr;
  int64_t live_ = 0;
  std::vector<SlabChunkHead*> chunks_;
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_INTERNAL_SLAB_H_
