// MailboxOptions: how much mail an actor of a type may have waiting, and what happens to more.
//
//   class Ticker : public Actor<Ticker, Tick> {
//    public:
//     static constexpr MailboxOptions kMailbox{64, Overflow::kDropOldest};
//
// `Send` waits while `capacity` messages wait. `Tell` cannot wait: under the other policies it
// obeys the bound, under kWait, where nobody said that messages may be lost, its sender is held
// back: an actor whose message finds the mailbox full handles none of its own mail until the
// receiver is down to half its capacity. It is let go earlier where the receiver cannot go on by
// itself (it waits for an answer, say), where it is full itself, or after 64 turns of the receiver:
// so nobody waits for ever, nor in a circle. What a single handler tells, and what comes from
// outside of all actors, is not held back; so a last bound, `told_max`, holds for all: beyond it
// what is told is a dead letter. Control messages (stop, kill, watch, a child's end) know no bound.
#ifndef ZOKIO_ACTOR_MAILBOX_H_
#define ZOKIO_ACTOR_MAILBOX_H_

#include <cstdint>

namespace zokio {

enum class Overflow : uint8_t {
  kWait,        // Send waits; who tells is held back
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
      : capacity(messages_max == 0 ? 1 : messages_max),
        overflow(policy),
        told_max(capacity < (1u << 20) ? 1u << 20 : capacity) {}

  // Under kWait: at most so many by Tell; UINT32_MAX is no bound.
  constexpr MailboxOptions ToldMax(uint32_t messages_max) const {
    MailboxOptions changed = *this;
    changed.told_max = messages_max < capacity ? capacity : messages_max;
    return changed;
  }

  uint32_t capacity = 1024;
  Overflow overflow = Overflow::kWait;
  uint32_t told_max = 1u << 20;
};

}  // namespace zokio

#endif  // ZOKIO_ACTOR_MAILBOX_H_
