// Envelope: a message on its way: header and payload in one block, moved by pointer.
//
// Payloads of up to 1 KiB come from the frame pool, larger or over-aligned ones from the heap. A
// message is moved into its envelope once and handed to its handler by reference; nothing copies
// it. Whoever holds the pointer owns the envelope.
#ifndef ZOKIO_ACTOR_INTERNAL_ENVELOPE_H_
#define ZOKIO_ACTOR_INTERNAL_ENVELOPE_H_

#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>
#include <utility>

#include "actor/actor_id.h"
#include "mem/frame_pool.h"

namespace zokio::internal {

struct ActorCell;
class ActorLoop;
struct Envelope;
struct WireCodec;

enum class Lane : uint8_t {
  kMail,    // the mailbox, in the order of arrival
  kUrgent,  // before other mail, in the order of arrival; no bound drops it
  kRanked,  // the mailbox of an actor that ranks its mail
  kSystem,  // before the mailbox, never bounded, never dropped while its actor lives
  kOffer,   // a message whose sender waits for room in the mailbox
  kWake,    // no message: a coroutine of the actor that asks for a turn
};

// What differs by the types of message and receiver.
struct MessageType {
  Lane lane;
  // Runs the handler, on the home loop. Takes over the envelope.
  void (*deliver)(ActorLoop& loop, ActorCell& cell, Envelope* envelope);
  // Destroys the payload and frees the block: the message will not be handled.
  void (*discard)(Envelope* envelope);
  // The message's own type.
  std::string_view name;
  // A notice of the system's: no dead letter where it comes too late.
  bool quiet = false;
  // How the message becomes bytes. Null: it stays in this process.
  const WireCodec* wire = nullptr;
  // Of actors that rank their mail. Null: it has no rank.
  int64_t (*rank)(Envelope& envelope) = nullptr;
};

struct Envelope {
  Envelope* next = nullptr;
  const MessageType* type = nullptr;
  ActorCell* target = nullptr;
  uint32_t generation = 0;         // of the target
  uint32_t sender_generation = 0;  // zero: sent from outside of all actors
  ActorCell* sender = nullptr;
  uint64_t cause = 0;  // the traced message whose handler sent this one
};

inline constexpr size_t kPooledPayloadMax = 1024;

template <typename M>
struct MessageEnvelope : Envelope {
  template <typename... Args>
  explicit MessageEnvelope(Args&&... args) : message(std::forward<Args>(args)...) {}

  M message;
};

template <typename E>
inline constexpr bool kPooledEnvelope =
    sizeof(E) <= sizeof(Envelope) + kPooledPayloadMax && alignof(E) <= 16;

template <typename E>
void FreeBlock(void* block) {
  if constexpr (kPooledEnvelope<E>) {
    FramePool::Free(block, sizeof(E));
  } else {
    ::operator delete(block, std::align_val_t{alignof(E)});
  }
}

template <typename E, typename... Args>
E* MakeEnvelope(Args&&... args) {
  void* block;
  if constexpr (kPooledEnvelope<E>) {
    block = FramePool::Allocate(sizeof(E));
  } else {
    block = ::operator new(sizeof(E), std::align_val_t{alignof(E)});
  }
  // Where a payload cannot be made, its block goes back.
  struct Guard {
    void* block;
    ~Guard() {
      if (block != nullptr) FreeBlock<E>(block);
    }
  } guard{block};
  auto* envelope = ::new (block) E(std::forward<Args>(args)...);
  guard.block = nullptr;
  return envelope;
}

template <typename E>
void FreeEnvelope(Envelope* envelope) {
  auto* typed = static_cast<E*>(envelope);
  typed->~E();
  FreeBlock<E>(typed);
}

// A queue of envelopes linked by `next`.
class EnvelopeList {
 public:
  bool empty() const { return head_ == nullptr; }
  Envelope* front() const { return head_; }

  void PushBack(Envelope* envelope) {
    envelope->next = nullptr;
    (head_ == nullptr ? head_ : tail_->next) = envelope;
    tail_ = envelope;
  }
  // REQUIRES: !empty().
  Envelope* PopFront() {
    Envelope* envelope = head_;
    head_ = envelope->next;
    return envelope;
  }
  // The first for which `wanted` holds; null where there is none.
  template <typename Wanted>
  Envelope* TakeFirst(Wanted&& wanted) {
    Envelope* before = nullptr;
    for (Envelope* at = head_; at != nullptr; before = std::exchange(at, at->next)) {
      if (!wanted(*at)) continue;
      (before == nullptr ? head_ : before->next) = at->next;
      if (tail_ == at) tail_ = before;
      return at;
    }
    return nullptr;
  }
  // All of `*other`, which is empty then, comes before what is here.
  void Prepend(EnvelopeList* other) {
    if (other->empty()) return;
    other->tail_->next = head_;
    if (head_ == nullptr) tail_ = other->tail_;
    head_ = std::exchange(other->head_, nullptr);
  }

 private:
  Envelope* head_ = nullptr;
  Envelope* tail_ = nullptr;  // valid while not empty
};

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_ENVELOPE_H_
