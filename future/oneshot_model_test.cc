// Oneshot under the model checker: the value arrives exactly once, whoever drops what and when, and
// the block is freed by exactly one side.
#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "base/parker.h"
#include "base/thread.h"
#include "future/oneshot.h"
#include "tools/model/model.h"

namespace zokio {
namespace {

// A waker that unparks the thread that polls.
class ParkerContext {
 public:
  Waker MakeWaker() { return Waker(&kVtable, this); }
  void Park() { parker_.Park(); }

 private:
  static Waker Clone(void* data) { return Waker(&kVtable, data); }
  static void Wake(void* data) { static_cast<ParkerContext*>(data)->parker_.Unpark(); }
  static void Drop(void*) {}
  static constexpr WakerVtable kVtable{&Clone, &Wake, &Wake, &Drop};

  Parker parker_;
};

using Value = std::unique_ptr<int>;

// Polls until the value or the closing is there.
Result<Value> Receive(OneshotReceiver<Value>& receiver, ParkerContext& parker) {
  PollEnvironment environment;
  environment.budget = kPollBudget;
  Waker waker = parker.MakeWaker();
  Context context(waker, environment);
  while (true) {
    auto poll = receiver.poll(context);
    if (poll.ready()) return std::move(poll).value();
    parker.Park();
  }
}

enum class SenderDoes { kSend, kDrop };

void SendAndReceive(SenderDoes does) {
  ParkerContext parker;  // outlives the wakers that point to it
  auto channel = std::make_unique<OneshotChannel<Value>>(MakeOneshot<Value>());
  Thread sender = Thread::Start("sender", [sender = &channel->sender, does] {
                    auto mine = std::move(*sender);
                    if (does == SenderDoes::kSend) std::move(mine).Send(std::make_unique<int>(7));
                  }).value();
  Result<Value> value = Receive(channel->receiver, parker);
  if (does == SenderDoes::kSend) {
    ZOKIO_CHECK(value.ok() && **value == 7, "the value that was sent");
  } else {
    ZOKIO_CHECK(!value.ok() && value.error().code() == ErrorCode::kClosed, "closed");
  }
  sender.Join();
}

TEST(OneshotModel, ASentValueIsReceived) {
  const model::Report report =
      model::Explore({.name = "oneshot, send"}, [] { SendAndReceive(SenderDoes::kSend); });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(OneshotModel, ADroppedSenderCloses) {
  const model::Report report = model::Explore({.name = "oneshot, sender dropped"},
                                              [] { SendAndReceive(SenderDoes::kDrop); });
  EXPECT_TRUE(report.Proven()) << report;
}

// The receiver polls once (so that its waker may be stored) and goes away while the value comes.
TEST(OneshotModel, ADroppedReceiverLeaksNothing) {
  const model::Report report = model::Explore({.name = "oneshot, receiver dropped"}, [] {
    ParkerContext parker;
    auto channel = std::make_unique<OneshotChannel<Value>>(MakeOneshot<Value>());
    Thread sender = Thread::Start("sender", [sender = &channel->sender] {
                      auto mine = std::move(*sender);
                      std::move(mine).Send(std::make_unique<int>(7));
                    }).value();
    {
      auto receiver = std::move(channel->receiver);
      PollEnvironment environment;
      environment.budget = kPollBudget;
      Waker waker = parker.MakeWaker();
      Context context(waker, environment);
      if (model::Choose(2) == 1) {
        auto poll = receiver.poll(context);
        if (poll.ready()) ZOKIO_CHECK(**poll.value() == 7, "the value");
      }
    }
    sender.Join();
  });
  EXPECT_TRUE(report.Proven()) << report;
}

}  // namespace
}  // namespace zokio
