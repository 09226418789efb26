#include "future/child_wakers.h"

#include <memory>
#include <new>

#include "mem/frame_pool.h"

namespace zokio::internal {

// [ ChildWakerBlock | count slots | words of woken bits ], one pooled allocation.
struct ChildWakerBlock {
  // What a child waker points to: its own index, from which the block's address follows.
  struct Slot {
    uint64_t index;
  };

  explicit ChildWakerBlock(size_t children) : count(children) {}

  static size_t Words(size_t count) { return (count + 63) / 64; }
  static size_t Bytes(size_t count) {
    return sizeof(ChildWakerBlock) + count * sizeof(Slot) + Words(count) * sizeof(Atomic<uint64_t>);
  }
  Slot* slots() { return reinterpret_cast<Slot*>(this + 1); }
  Atomic<uint64_t>* words() { return reinterpret_cast<Atomic<uint64_t>*>(slots() + count); }
  static ChildWakerBlock* Of(Slot* slot) {
    return reinterpret_cast<ChildWakerBlock*>(slot - slot->index) - 1;
  }

  void Retain() { references.fetch_add(1, memory_order_relaxed); }
  void Release() {
    if (references.fetch_sub(1, memory_order_acq_rel) != 1) return;
    size_t bytes = Bytes(count);
    std::destroy_n(words(), Words(count));
    this->~ChildWakerBlock();
    FramePool::Free(this, bytes);
  }
  void WakeChild(size_t index) {
    uint64_t bit = uint64_t{1} << (index % 64);
    // Set already: whoever set it wakes the parent, and the bit has not been taken since.
    if ((words()[index / 64].fetch_or(bit, memory_order_acq_rel) & bit) == 0) parent.Wake();
  }

  const size_t count;
  Atomic<uint32_t> references{1};
  AtomicWaker parent;
};

namespace {

using Slot = ChildWakerBlock::Slot;

Waker CloneChild(void* data);

void WakeChildAndDrop(void* data) {
  auto* slot = static_cast<Slot*>(data);
  ChildWakerBlock* block = ChildWakerBlock::Of(slot);
  block->WakeChild(slot->index);
  block->Release();
}

void WakeChildByRef(void* data) {
  auto* slot = static_cast<Slot*>(data);
  ChildWakerBlock::Of(slot)->WakeChild(slot->index);
}

void DropChild(void* data) { ChildWakerBlock::Of(static_cast<Slot*>(data))->Release(); }

constexpr WakerVtable kChildVtable{&CloneChild, &WakeChildAndDrop, &WakeChildByRef, &DropChild};

Waker CloneChild(void* data) {
  ChildWakerBlock::Of(static_cast<Slot*>(data))->Retain();
  return Waker(&kChildVtable, data);
}

}  // namespace

ChildWakers::ChildWakers(size_t count)
    : block_(::new(FramePool::Allocate(ChildWakerBlock::Bytes(count))) ChildWakerBlock(count)) {
  for (size_t i = 0; i < count; ++i) ::new (&block_->slots()[i]) Slot{i};
  for (size_t word = 0; word < ChildWakerBlock::Words(count); ++word) {
    size_t left = count - word * 64;
    uint64_t bits = left >= 64 ? ~uint64_t{0} : (uint64_t{1} << left) - 1;
    ::new (&block_->words()[word]) Atomic<uint64_t>(bits);
  }
}

ChildWakers::~ChildWakers() {
  if (block_ == nullptr) return;
  // Late wakes of children must not reach a parent that no longer cares.
  Waker parent = block_->parent.Take();
  block_->Release();
}

void ChildWakers::SetParent(const Waker& waker) { block_->parent.Register(waker); }

size_t ChildWakers::word_count() const { return ChildWakerBlock::Words(block_->count); }

uint64_t ChildWakers::TakeWord(size_t word) {
  Atomic<uint64_t>& bits = block_->words()[word];
  if (bits.load(memory_order_relaxed) == 0) return 0;
  return bits.exchange(0, memory_order_acq_rel);
}

void ChildWakers::PutBack(size_t word, uint64_t bits) {
  if (bits != 0) block_->words()[word].fetch_or(bits, memory_order_relaxed);
}

Waker ChildWakers::BorrowedWaker(size_t index) {
  return Waker(&kChildVtable, &block_->slots()[index]);
}

}  // namespace zokio::internal
