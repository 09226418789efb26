// Offer: the envelope of a message that waits for room in a mailbox, and of who waits for that.
//
// Ownership: owns the message until it is taken out.  Thread-safety: as any envelope: whose queue
//   it is in.
#ifndef ZOKIO_ACTOR_INTERNAL_OFFER_H_
#define ZOKIO_ACTOR_INTERNAL_OFFER_H_

#include "actor/internal/envelope.h"
#include "future/oneshot.h"

namespace zokio::internal {

// An envelope of the lane kOffer. The sender hears true once the message is in the mailbox, false
// where that is full and of the kind that fails.
Envelope* MakeOffer(Envelope* message, OneshotSender<bool> admitted);

// Takes the message out of such an envelope, which stays, and notes its sender and its cause.
Envelope* TakeOffered(Envelope* offer);

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_OFFER_H_
