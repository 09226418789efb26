// CreditAccount: how many messages one sender may have under way to one actor.
//
// A message takes a credit along and gives it back when it dies: handled, dropped or refused. The
// sender collects what came back when it has none left, and waits where nothing has.
//
// Ownership: counted: a share of the owner, one of each credit, wherever that is.
// Thread-safety: Return by any thread, the rest by the owner, one thread at a time.
// Memory ordering: Return releases, Collect acquires the count. Who finds nothing has registered
//   its waker before; the Return that makes the count leave zero comes after that and sees it.
// Cost: two read-modify-writes a message where it dies, two for all that is collected at once.
#ifndef ZOKIO_ACTOR_INTERNAL_CREDIT_ACCOUNT_H_
#define ZOKIO_ACTOR_INTERNAL_CREDIT_ACCOUNT_H_

#include <cstdint>
#include <utility>

#include "actor/internal/envelope.h"
#include "base/atomic.h"
#include "future/atomic_waker.h"
#include "future/waker.h"

namespace zokio::internal {

class CreditAccount {
 public:
  explicit CreditAccount(uint32_t credits) : available_(credits), references_(credits + 1) {}
  CreditAccount(const CreditAccount&) = delete;
  CreditAccount& operator=(const CreditAccount&) = delete;

  // The owner. Takes one credit, which is then a message's.
  bool TryTake() {
    if (available_ == 0 && !Collect()) return false;
    --available_;
    return true;
  }
  // The owner. As TryTake; where it answers false, `waker` is called once there is a credit.
  bool TakeOrWait(const Waker& waker) {
    if (TryTake()) return true;
    waiting_.Register(waker);
    return TryTake();
  }
  // The owner's last call.
  void Close() { Unref(available_ + 1); }
  // With a credit that a message had. The last call of that.
  void Return() {
    if (returned_.fetch_add(1, memory_order_acq_rel) == 0) waiting_.Wake();
    Unref(1);
  }

 private:
  ~CreditAccount() = default;

  bool Collect() {
    const uint32_t returned = returned_.exchange(0, memory_order_acq_rel);
    if (returned == 0) return false;
    references_.fetch_add(returned, memory_order_relaxed);
    available_ += returned;
    return true;
  }
  void Unref(uint32_t shares) {
    if (references_.fetch_sub(shares, memory_order_acq_rel) == shares) delete this;
  }

  uint32_t available_;  // the owner's alone
  AtomicWaker waiting_;
  alignas(64) Atomic<uint32_t> returned_{0};
  Atomic<uint32_t> references_;
};

// A message with the credit that it was sent on.
template <typename M>
struct CreditedEnvelope : MessageEnvelope<M> {
  template <typename T>
  CreditedEnvelope(T&& message, CreditAccount* taken_from)
      : MessageEnvelope<M>(std::forward<T>(message)), account(taken_from) {}
  CreditedEnvelope(const CreditedEnvelope&) = delete;
  CreditedEnvelope& operator=(const CreditedEnvelope&) = delete;
  ~CreditedEnvelope() { account->Return(); }

  CreditAccount* const account;
};

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_CREDIT_ACCOUNT_H_
