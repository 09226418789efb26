// Rendezvous, Mpmc, Broadcast and Watch under the model checker: every message arrives as promised,
// whoever goes first, and a dropped wait passes on what it was chosen for.
#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "base/check.h"
#include "base/thread.h"
#include "future/broadcast.h"
#include "future/model_testing.h"
#include "future/mpmc.h"
#include "future/rendezvous.h"
#include "future/watch.h"
#include "tools/model/model.h"

namespace zokio {
namespace {

using Message = std::unique_ptr<int>;
using testing::ThreadContext;

Message Make(int value) { return std::make_unique<int>(value); }

// Threads' places to sleep outlive the channel: wakers point to them.
using Places = std::unique_ptr<ThreadContext[]>;
Places MakePlaces(size_t count) { return std::make_unique<ThreadContext[]>(count); }

// All that come, which must be 0, 1, ...
template <typename Receiver>
int ReceiveAll(Receiver& receiver, ThreadContext& thread) {
  int count = 0;
  while (true) {
    auto future = receiver.Recv();
    auto poll = thread.Wait(future);
    if (!poll.value().ok()) return count;
    ZOKIO_CHECK(**poll.value() == count, "in the order sent");
    ++count;
  }
}

template <typename Channel>
void OneToOne(Channel made, int messages) {
  Places places = MakePlaces(2);
  auto channel = std::make_unique<Channel>(std::move(made));
  Thread sender = Thread::Start("sender", [&, end = &channel->sender, messages] {
                    auto mine = std::move(*end);
                    for (int i = 0; i < messages; ++i) {
                      auto future = mine.Send(Make(i));
                      ZOKIO_CHECK(places[1].Wait(future).value().ok(), "the receiver is there");
                    }
                  }).value();
  ZOKIO_CHECK(ReceiveAll(channel->receiver, places[0]) == messages, "all of them");
}

// Every interleaving with at most so many preemptions.
model::Report Explore(const char* name, void (*body)(), int preemptions = 2) {
  return model::Explore(
      {.name = name, .mode = model::Mode::kBounded, .preemptions_max = preemptions}, body);
}

TEST(RendezvousModel, AMessageMeetsItsReceiver) {
  const model::Report report = model::Explore({.name = "rendezvous, 1 message"},
                                              [] { OneToOne(MakeRendezvous<Message>(), 1); });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(RendezvousModel, MessagesMeetTheirReceiver) {
  const model::Report report =
      Explore("rendezvous, 2 messages", [] { OneToOne(MakeRendezvous<Message>(), 2); });
  EXPECT_TRUE(report.Proven()) << report;
}

// One of two receivers polls once and leaves, chosen or not: the message goes to the other.
template <typename Channel>
void AReceiverLeaves(Channel made) {
  Places places = MakePlaces(3);
  auto channel = std::make_unique<Channel>(std::move(made));
  auto other = std::make_unique<decltype(channel->receiver)>(channel->receiver);
  auto taken = std::make_unique<int>(0);
  Thread sender = Thread::Start("sender", [&, end = &channel->sender] {
                    auto mine = std::move(*end);
                    auto future = mine.Send(Make(0));
                    ZOKIO_CHECK(places[1].Wait(future).value().ok(), "somebody receives");
                  }).value();
  Thread leaves = Thread::Start("leaves", [&, end = other.get()] {
                    auto mine = std::move(*end);
                    auto future = mine.Recv();
                    auto poll = future.poll(places[2].context());
                    if (poll.ready() && poll.value().ok()) *taken = 1;
                  }).value();
  const int received = ReceiveAll(channel->receiver, places[0]);
  leaves.Join();
  ZOKIO_CHECK(received + *taken == 1, "received once");
}

TEST(RendezvousModel, ADroppedReceiverPassesItsSenderOn) {
  const model::Report report =
      Explore("rendezvous, a receiver leaves", [] { AReceiverLeaves(MakeRendezvous<Message>()); });
  EXPECT_TRUE(report.Proven()) << report;
}

// A sender that leaves before its message was taken has not sent.
TEST(RendezvousModel, ADroppedSenderHasSentOrNot) {
  const model::Report report = Explore("rendezvous, a sender leaves", [] {
    Places places = MakePlaces(2);
    auto channel = std::make_unique<RendezvousChannel<Message>>(MakeRendezvous<Message>());
    auto sent = std::make_unique<int>(0);
    Thread sender = Thread::Start("sender", [&, end = &channel->sender] {
                      auto mine = std::move(*end);
                      auto future = mine.Send(Make(0));
                      if (future.poll(places[1].context()).pending() &&
                          future.poll(places[1].context()).ready()) {
                        *sent = 1;
                      }
                    }).value();
    const int received = ReceiveAll(channel->receiver, places[0]);
    sender.Join();
    ZOKIO_CHECK(received >= *sent, "what was sent was received");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(MpmcModel, OneSenderThatWaitsForRoom) {
  const model::Report report =
      Explore("mpmc, capacity 1", [] { OneToOne(MakeMpmc<Message>(1), 2); }, 1);
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(MpmcModel, ADroppedReceiverPassesItsMessageOn) {
  const model::Report report =
      Explore("mpmc, a receiver leaves", [] { AReceiverLeaves(MakeMpmc<Message>(1)); }, 1);
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(BroadcastModel, EveryReceiverGetsEveryMessage) {
  const model::Report report = Explore("broadcast, 2 messages", [] {
    Places places = MakePlaces(1);
    auto channel = std::make_unique<BroadcastChannel<int>>(MakeBroadcast<int>(2));
    Thread sender = Thread::Start("sender", [&, end = &channel->sender] {
                      auto mine = std::move(*end);
                      mine.Send(0);
                      mine.Send(1);
                    }).value();
    for (int i = 0;; ++i) {
      auto future = channel->receiver.Recv();
      Result<int> message = places[0].Wait(future).value();
      if (!message.ok()) {
        ZOKIO_CHECK(i == 2 && message.error().code() == ErrorCode::kClosed, "both, then the end");
        break;
      }
      ZOKIO_CHECK(*message == i, "in the order sent");
    }
    sender.Join();
  });
  EXPECT_TRUE(report.Proven()) << report;
}

// With room for one, a message is received or counted as missed.
TEST(BroadcastModel, ASlowReceiverIsToldWhatItMissed) {
  const model::Report report = Explore("broadcast, a slow receiver", [] {
    Places places = MakePlaces(1);
    auto channel = std::make_unique<BroadcastChannel<int>>(MakeBroadcast<int>(1));
    Thread sender = Thread::Start("sender", [&, end = &channel->sender] {
                      auto mine = std::move(*end);
                      mine.Send(0);
                      mine.Send(1);
                    }).value();
    uint64_t seen = 0;
    while (true) {
      auto future = channel->receiver.Recv();
      Result<int> message = places[0].Wait(future).value();
      if (message.ok()) {
        ZOKIO_CHECK(static_cast<uint64_t>(*message) == seen, "the one after what was seen");
        ++seen;
      } else if (message.error().code() == ErrorCode::kOutOfRange) {
        seen += channel->receiver.missed();
      } else {
        break;
      }
    }
    ZOKIO_CHECK(seen == 2, "each was received or missed");
    sender.Join();
  });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(WatchModel, TheLastValueIsSeen) {
  const model::Report report = Explore("watch, 2 values", [] {
    Places places = MakePlaces(1);
    auto channel = std::make_unique<WatchChannel<int>>(MakeWatch<int>(0));
    Thread sender = Thread::Start("sender", [&, end = &channel->sender] {
                      auto mine = std::move(*end);
                      mine.Send(1);
                      mine.Send(2);
                    }).value();
    int last = 0;
    while (true) {
      auto future = channel->receiver.Changed();
      if (!places[0].Wait(future).value().ok()) break;
      const int now = *channel->receiver.Get();
      ZOKIO_CHECK(now >= last, "never an older one");
      last = now;
    }
    ZOKIO_CHECK(last == 2, "the last, then the end");
    sender.Join();
  });
  EXPECT_TRUE(report.Proven()) << report;
}

// A receiver polls once and leaves while values come.
TEST(WatchModel, ADroppedWaitLeavesNothingBehind) {
  const model::Report report = Explore("watch, a dropped wait", [] {
    Places places = MakePlaces(1);
    auto channel = std::make_unique<WatchChannel<int>>(MakeWatch<int>(0));
    Thread sender = Thread::Start("sender", [&, end = &channel->sender] {
                      auto mine = std::move(*end);
                      mine.Send(1);
                    }).value();
    {
      auto mine = std::move(channel->receiver);
      auto future = mine.Changed();
      auto poll = future.poll(places[0].context());
      if (poll.ready()) ZOKIO_CHECK(*mine.Get() == 1, "what ended the wait");
    }
    sender.Join();
  });
  EXPECT_TRUE(report.Proven()) << report;
}

}  // namespace
}  // namespace zokio
