// Activation: a coroutine that runs for an actor: a suspended handler, a timer, piped work.
//
// It is an envelope of the lane kWake: its waker posts it to the home loop, by the same paths as
// messages, and the loop polls it there. So whatever an actor awaits, it goes on at home.
//
// Ownership: counted: one share of the cell while it runs, one of each waker, one of the transport.
// Thread-safety: `references` and `notified` by any thread, everything else by the home loop.
// Cancellation: `cancelled` makes the loop drive the withdrawal until it is done.
// Memory ordering: the exchange of `notified` hands what the waking thread did to the poll. Once an
//   activation has ended, `notified` stays set, so that no late waker looks for the loop.
#ifndef ZOKIO_ACTOR_INTERNAL_ACTIVATION_H_
#define ZOKIO_ACTOR_INTERNAL_ACTIVATION_H_

#include <cstdint>

#include "actor/internal/envelope.h"
#include "base/atomic.h"
#include "future/context.h"
#include "future/waker.h"

namespace zokio::internal {

enum class ActivationKind : uint8_t {
  kHandler,     // the actor's next message waits for its end, and so does a stop
  kReentrant,   // a stop waits for it
  kBackground,  // withdrawn at a stop
};

struct Activation : Envelope {
  struct Table {
    // Polls the coroutine; true once it ended.
    bool (*poll)(ActorLoop& loop, Activation* activation, Context& context);
    // Drives the withdrawal; true once the coroutine may be destroyed.
    bool (*poll_cancel)(Activation* activation, Context& context);
    // Destroys the coroutine and what it was given.
    void (*drop)(Activation* activation);
    void (*free)(Activation* activation);
  };

  explicit Activation(const Table* activation_table);

  // A waker that the caller must Release: it owns no share.
  Waker BorrowedWaker();
  void Unref();

  const Table* table;
  Activation* next_of_cell = nullptr;
  Activation* previous_of_cell = nullptr;
  Atomic<uint32_t> references{1};
  Atomic<bool> notified{false};
  ActivationKind kind = ActivationKind::kBackground;
  bool cancelled = false;
  bool ended = false;
  Envelope* handled = nullptr;  // whose handler this is; null: none, or that was sent on
  uint64_t trace = 0;           // the traced message that it goes on with
};

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_ACTIVATION_H_
