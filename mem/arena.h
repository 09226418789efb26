// Arena: memory that is freed at once, for a request or an actor.
//
// Allocation moves a pointer; objects with a destructor are chained and destroyed, last made first,
// by Reset or the arena's end. Blocks double from 1 KiB up to 1 MiB; Reset keeps the largest, so
// that after a few requests alike the next one takes nothing from the system.
//
// Ownership: owns its blocks and the objects made by New. Copyable never; movable not.
// Thread-safety: one thread at a time; it may move between threads with what it holds.
// Errors: nullptr where memory or `bytes_max` is exhausted; nothing is thrown.
// Cost: about 1 ns; an object with a destructor costs 16 bytes more. Freed memory is poisoned.
#ifndef ZOKIO_MEM_ARENA_H_
#define ZOKIO_MEM_ARENA_H_

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <new>
#include <type_traits>
#include <utility>

#include "mem/internal/sanitizer.h"

namespace zokio {

// Where an arena's blocks come from when not from malloc: see mem/numa_arena.h.
class ArenaSource {
 public:
  // Aligned to 16 bytes; nullptr where there is no more.
  virtual void* Map(size_t size) = 0;
  virtual void Unmap(void* block, size_t size) = 0;

 protected:
  ~ArenaSource() = default;
};

class Arena {
 public:
  // `bytes_max` bounds what is taken from the system, or from `source`, which outlives the arena
  // and is asked for 64 KiB at least.
  explicit Arena(size_t bytes_max = SIZE_MAX, ArenaSource* source = nullptr)
      : source_(source), bytes_max_(bytes_max) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena();

  // REQUIRES: `alignment` is a power of two.
  void* Allocate(size_t size, size_t alignment = alignof(std::max_align_t)) {
    const uintptr_t start = (bump_ + alignment - 1) & ~(alignment - 1);
    if (start < bump_ || start > end_ || end_ - start < size) [[unlikely]] {
      return AllocateSlow(size, alignment);
    }
    bump_ = start + size;
    void* memory = reinterpret_cast<void*>(start);
    mem_internal::Unpoison(memory, size);
    return memory;
  }

  // Destroyed by Reset or with the arena.
  template <typename T, typename... Args>
  T* New(Args&&... args) {
    if constexpr (std::is_trivially_destructible_v<T>) {
      void* memory = Allocate(sizeof(T), alignof(T));
      return memory == nullptr ? nullptr : new (memory) T(std::forward<Args>(args)...);
    } else {
      struct Owned : Destructor {
        explicit Owned(Args&&... values) : value(std::forward<Args>(values)...) {}
        T value;
      };
      void* memory = Allocate(sizeof(Owned), alignof(Owned));
      if (memory == nullptr) return nullptr;
      Owned* owned = new (memory) Owned(std::forward<Args>(args)...);
      owned->destroy = [](Destructor* base) { static_cast<Owned*>(base)->value.~T(); };
      owned->next = destructors_;
      destructors_ = owned;
      return &owned->value;
    }
  }

  // `count` value-initialised elements.
  template <typename T>
  T* NewArray(size_t count) {
    static_assert(std::is_trivially_destructible_v<T>, "make a container in the arena instead");
    if (count > SIZE_MAX / 2 / sizeof(T)) return nullptr;
    void* memory = Allocate(count * sizeof(T), alignof(T));
    return memory == nullptr ? nullptr : new (memory) T[count]();
  }

  // Grows the allocation made last in place; false where it was not the last, or does not fit.
  bool TryExtend(void* last, size_t old_size, size_t new_size);

  // Destroys all objects and frees all memory but the largest block.
  void Reset();

  // Taken from the system.
  size_t bytes_reserved() const { return reserved_; }

 private:
  struct Destructor {
    Destructor* next;
    void (*destroy)(Destructor*);
  };
  struct Block {
    Block* next;
    size_t size;  // with this header
  };

  void* AllocateSlow(size_t size, size_t alignment);
  void RunDestructors();
  void Use(Block* block);
  void FreeBlock(Block* block);

  uintptr_t bump_ = 1;  // past the end, so that no bytes at all have an address too
  uintptr_t end_ = 0;
  Destructor* destructors_ = nullptr;
  Block* blocks_ = nullptr;  // the newest first
  size_t reserved_ = 0;
  ArenaSource* source_;
  size_t bytes_max_;
};

// Lets standard containers live in an arena. Freeing does nothing.
// Errors: exhaustion fails a CHECK, as containers have no other way.
class ArenaResource final : public std::pmr::memory_resource {
 public:
  explicit ArenaResource(Arena& arena) : arena_(arena) {}

 private:
  void* do_allocate(size_t size, size_t alignment) override;
  void do_deallocate(void* memory, size_t size, size_t alignment) override;
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override;

  Arena& arena_;
};

}  // namespace zokio

#endif  // ZOKIO_MEM_ARENA_H_
