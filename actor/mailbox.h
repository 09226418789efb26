// MailboxOptions: how much mail an actor of a type may have waiting, and what happens to more.
//
//   class Ticker : public Actor<Ticker, Tick> {
//    public:
//     static constexpr MailboxOptions kMailbox{64, Overflow::kDropOldest};
//
// `Send` waits while `capacity` messages wait. `Tell` cannot wait: under kWait it goes over the
// bound, because nobody said that messages may be lost; under the others it obeys it. Control
// messages (stop, kill, watch, a child's end) know no bound.
#ifndef ZOKIO_ACTOR_MAILBOX_H_
#define ZOKIO_ACTOR_MAILBOX_H_

#include <cstdint>

namespace zokio {

enum class Overflow : uint8_t {
  kWait,        // Send waits; Tell is always taken
  kDropNewest,  // what comes too late is a dead letter
  kDropOldest,  // what waited longest is a dead letter
  kFail,        // Send answers kWouldBlock, what is told is a dead letter
  // Nothing is lost unseen: whatever a bound refuses or drops is a dead letter.
  kToDeadLetters = kDropNewest,
};

struct MailboxOptions {
  constexpr MailboxOptions() = default;
  // At least one message.
  constexpr explicit MailboxOptions(uint32_t messages_max, Overflow policy = Overflow::kWait)
      : capacity(messages_max == 0 ? 1 : messages_max), overflow(policy) {}

  uint32_t capacity = 1024;
  Overflow overflow = Overflow::kWait;
};

}  // namespace zokio

#endif  // ZOKIO_ACTOR_MAILBOX_H_
