// SharedPayload<M>: a message that several actors get, each by an envelope of its own.
//
// Ownership: counted; the last envelope destroys it, on whichever thread. So M's destructor must be
// fit for any thread.
// Memory ordering: the count is released and acquired, so that all that handlers did comes before
//   the destructor. Handlers get the message as a constant.
// Cost: one block for the message, 48 bytes for each envelope.
#ifndef ZOKIO_ACTOR_INTERNAL_SHARED_ENVELOPE_H_
#define ZOKIO_ACTOR_INTERNAL_SHARED_ENVELOPE_H_

#include <cstdint>
#include <utility>

#include "actor/actor_id.h"
#include "actor/internal/dispatch.h"
#include "actor/internal/envelope.h"
#include "actor/internal/loop.h"
#include "base/atomic.h"

namespace zokio::internal {

template <typename M>
struct SharedPayload {
  template <typename T>
  explicit SharedPayload(T&& value) : message(std::forward<T>(value)) {}

  void Ref() { references.fetch_add(1, memory_order_relaxed); }
  void Unref() {
    if (references.fetch_sub(1, memory_order_acq_rel) == 1) delete this;
  }

  Atomic<uint32_t> references{1};
  M message;
};

template <typename M>
struct SharedEnvelope : Envelope {
  explicit SharedEnvelope(SharedPayload<M>* shared) : payload(shared) { payload->Ref(); }
  SharedEnvelope(const SharedEnvelope&) = delete;
  SharedEnvelope& operator=(const SharedEnvelope&) = delete;
  ~SharedEnvelope() { payload->Unref(); }

  SharedPayload<M>* const payload;
};

// A has a handler for a message that others have too: by `const M&`, or by value, which copies.
template <typename A, typename M>
concept TakesShared = requires(A& actor, const M& message) { CallHandler(actor, message); };

template <typename A, typename M>
inline constexpr const MessageType* kSharedType = &Delivery<A, M, SharedEnvelope<M>>::kType;

// Holds one share for its scope.
template <typename M>
class PayloadHolder {
 public:
  template <typename T>
  explicit PayloadHolder(T&& value) : payload_(new SharedPayload<M>(std::forward<T>(value))) {}
  PayloadHolder(const PayloadHolder&) = delete;
  PayloadHolder& operator=(const PayloadHolder&) = delete;
  ~PayloadHolder() { payload_->Unref(); }

  // REQUIRES: `type` is kSharedType of the target's type and M.
  void SendTo(ActorId target, const MessageType* type) const {
    auto* envelope = MakeEnvelope<SharedEnvelope<M>>(payload_);
    envelope->type = type;
    envelope->target = target.cell();
    envelope->generation = target.generation();
    ActorLoop::Send(envelope);
  }

 private:
  SharedPayload<M>* const payload_;
};

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_SHARED_ENVELOPE_H_
