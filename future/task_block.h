// TaskBlock<T>: the layout of a task's one allocation.
//
//   [ TaskHeader (64 B) | ResultSlot<T> | coroutine frame ]
//
// Every coroutine of type Task<T> reserves the header in front of its frame, because whether it
// will be spawned is not known when it is created. Awaited in place, the header stays untouched
// (64 bytes of address space in the pooled block, no instruction); spawned, it is constructed
// there and nothing more is allocated.
//
// The block of a spawned task outlives its frame: coroutine destruction calls `FrameGone`, which
// keeps the memory and remembers the frame's size in the frame's own dead first word; `Free` gives
// the block back. Awaited in place, the result is taken first and the frame takes the block along.
#ifndef ZOKIO_FUTURE_TASK_BLOCK_H_
#define ZOKIO_FUTURE_TASK_BLOCK_H_

#include <coroutine>
#include <cstddef>
#include <cstring>
#include <new>

#include "future/result_slot.h"
#include "future/task_header.h"
#include "mem/frame_pool.h"

namespace zokio::internal {

template <typename T>
class TaskBlock {
  static_assert(std::is_void_v<T> || std::is_reference_v<T> || alignof(Stored<T>) <= 16,
                "over-aligned results: return a std::unique_ptr");
  static constexpr size_t kAlignment = 16;
  static constexpr size_t kFrameOffset =
      (sizeof(TaskHeader) + sizeof(ResultSlot<T>) + kAlignment - 1) & ~(kAlignment - 1);

 public:
  // The promise's operator new: returns where the frame goes.
  static void* Allocate(size_t frame_bytes) {
    auto* block = static_cast<std::byte*>(FramePool::Allocate(kFrameOffset + frame_bytes));
    ::new (block + sizeof(TaskHeader)) ResultSlot<T>();
    return block + kFrameOffset;
  }

  // The promise's operator delete. A frame that no Task owns takes its block with it: its promise
  // or a parameter's copy threw, or its result was taken.
  static void FrameGone(void* frame, size_t frame_bytes) {
    if (SlotOfFrame(frame)->state() == SlotState::kUnowned) {
      FramePool::Free(BlockOfFrame(frame), kFrameOffset + frame_bytes);
      return;
    }
    std::memcpy(frame, &frame_bytes, sizeof frame_bytes);
    asm volatile("" : : "r"(frame) : "memory");  // the store is read by Free, not dead
  }

  // REQUIRES: the frame is gone and the result destroyed.
  static void Free(void* frame) {
    size_t frame_bytes;
    std::memcpy(&frame_bytes, frame, sizeof frame_bytes);
    FramePool::Free(BlockOfFrame(frame), kFrameOffset + frame_bytes);
  }

  static ResultSlot<T>* SlotOfFrame(void* frame) {
    return std::launder(reinterpret_cast<ResultSlot<T>*>(BlockOfFrame(frame) + sizeof(TaskHeader)));
  }
  // Where the header is, or will be constructed by a spawn.
  static TaskHeader* HeaderOfFrame(void* frame) {
    return reinterpret_cast<TaskHeader*>(BlockOfFrame(frame));
  }
  static void* FrameOf(TaskHeader* header) {
    return reinterpret_cast<std::byte*>(header) + kFrameOffset;
  }

 private:
  static std::byte* BlockOfFrame(void* frame) {
    // The compiler takes a coroutine's frame for an object of its own, before which there is
    // nothing. That the pointer comes from somewhere it cannot see makes the subtraction valid.
    asm("" : "+r"(frame));
    return static_cast<std::byte*>(frame) - kFrameOffset;
  }
};

}  // namespace zokio::internal

#endif  // ZOKIO_FUTURE_TASK_BLOCK_H_
