// AskFuture<R>: the answer to a question, as ActorRef::Ask gives it: a Result<R>.
//
// Cancellation: dropped before its first poll, nothing is sent; later, the question is not handled
//   if its turn has not come.
// Cost: two pooled blocks (question, way back); within a loop no wake but the asker's own.
#ifndef ZOKIO_ACTOR_ASK_H_
#define ZOKIO_ACTOR_ASK_H_

#include <utility>

#include "actor/internal/envelope.h"
#include "actor/internal/loop.h"
#include "base/result.h"
#include "future/context.h"
#include "future/oneshot.h"

namespace zokio {

template <typename R>
class [[nodiscard]] AskFuture {
 public:
  AskFuture(internal::Envelope* question, OneshotReceiver<Result<R>> answer)
      : question_(question), answer_(std::move(answer)) {}
  AskFuture(AskFuture&& other) noexcept
      : question_(std::exchange(other.question_, nullptr)), answer_(std::move(other.answer_)) {}
  ~AskFuture() {
    if (question_ != nullptr) question_->type->discard(question_);
  }

  Poll<Result<R>> poll(Context& context) {
    if (question_ != nullptr) {
      internal::ActorLoop::Send(std::exchange(question_, nullptr));
    }
    Poll<Result<Result<R>>> poll = answer_.poll(context);
    if (poll.pending()) return kPending;
    Result<Result<R>> answer = std::move(poll).value();
    if (!answer.ok()) return Result<R>(Error(ErrorCode::kClosed, "ask"));
    return std::move(answer).value();
  }

 private:
  internal::Envelope* question_;
  OneshotReceiver<Result<R>> answer_;
};

}  // namespace zokio

#endif  // ZOKIO_ACTOR_ASK_H_
