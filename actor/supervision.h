// Supervision: what a parent does about a child that failed.
//
//   class Shop : public Actor<Shop, Order> {
//    public:
//     static constexpr Supervision kChildren =
//         Supervision().Restarts(5, 1s).Backoff(10ms, 2s);
//
//     // Optional: decides for itself, by the cause.
//     Directive OnFailure(ActorId child, const Failure& failure);
//   };
//
// A child fails by an exception of a handler or hook, or by a handler that answers an error where
// nobody asked. It handles nothing more until its parent has decided. Without `kChildren` it ends.
//
// A restart makes the object anew, with copies of the arguments it was spawned with (references: by
// std::ref; where they cannot be copied, a restart is a stop), after its children have ended. Its
// references, its mailbox and its watchers stay: only the message that failed is lost, and those
// whose handlers were suspended. Who fails again before its parent has decided is judged once more
// where it goes on; else one decision holds for all. A child that failed before it came to a
// restart for the sake of a sibling is restarted once, for both. More restarts in `window` than
// `restarts_max`, counted for all children together, are the parent's own failure.
#ifndef ZOKIO_ACTOR_SUPERVISION_H_
#define ZOKIO_ACTOR_SUPERVISION_H_

#include <chrono>
#include <cstdint>
#include <exception>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/error.h"

namespace zokio {

// Why an actor failed.
struct Failure {
  Failure(std::exception_ptr thrown, Error status) : exception(std::move(thrown)), error(status) {}

  // For people: what the exception says, or the error.
  std::string ToString() const;

  std::exception_ptr exception;  // null: `error` is the cause
  Error error;
};

enum class Directive : uint8_t {
  kResume,    // goes on with the next message, as it is
  kRestart,   // is made anew
  kStop,      // ends
  kEscalate,  // the parent fails of it
};

// Whom the directive is for, of the children: the one that failed, all, or that one and those that
// were spawned after it (children in other loops count as spawned after those in the parent's own).
enum class Strategy : uint8_t { kOneForOne, kAllForOne, kRestForOne };

struct Supervision {
  constexpr Supervision() = default;

  constexpr Supervision With(Strategy value) const {
    Supervision changed = *this;
    changed.strategy = value;
    return changed;
  }
  constexpr Supervision With(Directive value) const {
    Supervision changed = *this;
    changed.directive = value;
    return changed;
  }
  constexpr Supervision Restarts(uint32_t most, Duration within) const {
    Supervision changed = *this;
    changed.restarts_max = most;
    changed.window = within;
    return changed;
  }
  // The n-th restart in the window waits `least` * 2^(n-1), at most `most`, shortened at random by
  // up to a quarter, so that children that failed together do not come back together.
  constexpr Supervision Backoff(Duration least, Duration most) const {
    Supervision changed = *this;
    changed.backoff_min = least;
    changed.backoff_max = most;
    return changed;
  }

  Strategy strategy = Strategy::kOneForOne;
  Directive directive = Directive::kRestart;
  uint32_t restarts_max = 10;
  Duration window = std::chrono::seconds(5);
  Duration backoff_min{0};
  Duration backoff_max{0};
};

}  // namespace zokio

#endif  // ZOKIO_ACTOR_SUPERVISION_H_
