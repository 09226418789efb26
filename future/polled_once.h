// PolledOnce: a future's memory of having answered, so that polling it again is caught.
//
// A future that was ready has given its answer away; asking again is a defect of whoever polls, and
// in debug builds a CHECK that names the future. Futures whose own state tells (a wait node, a
// handle that is used up) check that instead.
//
// Cost: one byte, in release builds too, so that both have one layout; the check only in debug.
#ifndef ZOKIO_FUTURE_POLLED_ONCE_H_
#define ZOKIO_FUTURE_POLLED_ONCE_H_

#include "base/check.h"

namespace zokio::internal {

class PolledOnce {
 public:
  // At the beginning of a poll. `message` says which future "was polled after it was ready".
  void Check([[maybe_unused]] const char* message) const { ZOKIO_DCHECK(!answered_, message); }
  // The answer is given.
  void Answered() { answered_ = true; }
  // Hands `poll` on, and remembers it where it is the answer.
  template <typename P>
  P Pass(P poll) {
    answered_ = poll.ready();
    return poll;
  }

 private:
  bool answered_ = false;
};

}  // namespace zokio::internal

#endif  // ZOKIO_FUTURE_POLLED_ONCE_H_
