// The channels under the model checker: every message arrives once and in its sender's order, a
// full channel lets its senders in again, and whoever goes first leaves nothing behind.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/thread.h"
#include "future/model_testing.h"
#include "future/mpsc.h"
#include "future/unbounded.h"
#include "tools/model/model.h"

namespace zokio {
namespace {

using Message = std::unique_ptr<int>;
using testing::ThreadContext;

Message Make(int value) { return std::make_unique<int>(value); }

// Threads' places to sleep outlive the channel: wakers point to them.
struct Places {
  ThreadContext receiver;
  ThreadContext senders[2];
};

// Receives until the channel ends; messages are `sender * 10 + number` and come in order.
template <typename Receiver>
int ReceiveAll(Receiver& receiver, ThreadContext& thread) {
  int next[3] = {};
  int count = 0;
  while (true) {
    auto future = receiver.Recv();
    auto poll = thread.Wait(future);
    if (!poll.value().ok()) return count;
    const int value = **poll.value();
    ZOKIO_CHECK(value % 10 == next[value / 10]++, "in the sender's order");
    ++count;
  }
}

template <typename Sender>
void SendTo(Sender& sender, ThreadContext& thread, int who, int messages) {
  for (int i = 0; i < messages; ++i) {
    auto future = sender.Send(Make(who * 10 + i));
    ZOKIO_CHECK(thread.Wait(future).value().ok(), "the receiver is there");
  }
}

void OneSender(uint32_t capacity, int messages) {
  auto places = std::make_unique<Places>();
  auto channel = std::make_unique<MpscChannel<Message>>(MakeMpsc<Message>(capacity));
  Thread sender = Thread::Start("sender", [&, end = &channel->sender] {
                    auto mine = std::move(*end);
                    SendTo(mine, places->senders[0], 0, messages);
                  }).value();
  ZOKIO_CHECK(ReceiveAll(channel->receiver, places->receiver) == messages, "all of them");
}

TEST(MpscModel, OneSenderThatWaitsForRoom) {
  const model::Report report =
      model::Explore({.name = "mpsc, 1 sender, capacity 1"}, [] { OneSender(1, 2); });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(MpscModel, OneSenderWithRoom) {
  const model::Report report =
      model::Explore({.name = "mpsc, 1 sender, capacity 2"}, [] { OneSender(2, 2); });
  EXPECT_TRUE(report.Proven()) << report;
}

void TwoSenders() {
  auto places = std::make_unique<Places>();
  auto channel = std::make_unique<MpscChannel<Message>>(MakeMpsc<Message>(1));
  auto second = std::make_unique<MpscSender<Message>>(channel->sender);
  Thread threads[2];
  threads[0] = Thread::Start("sender 0", [&, end = &channel->sender] {
                 auto mine = std::move(*end);
                 SendTo(mine, places->senders[0], 0, 1);
               }).value();
  threads[1] = Thread::Start("sender 1", [&, end = second.get()] {
                 auto mine = std::move(*end);
                 SendTo(mine, places->senders[1], 1, 1);
               }).value();
  ZOKIO_CHECK(ReceiveAll(channel->receiver, places->receiver) == 2, "both");
  for (Thread& thread : threads) thread.Join();
}

TEST(MpscModel, TwoSendersWithinOnePreemption) {
  const model::Report report = model::Explore({.name = "mpsc, 2 senders, capacity 1, 1 preemption",
                                               .mode = model::Mode::kBounded,
                                               .preemptions_max = 1,
                                               .stale_reads = false},
                                              TwoSenders);
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(MpscModel, TwoSendersByPriorities) {
  const model::Report report = model::Explore({.name = "mpsc, 2 senders, by priorities",
                                               .mode = model::Mode::kPct,
                                               .schedules_max = 8'000,
                                               .pct_depth = 4},
                                              TwoSenders);
  EXPECT_TRUE(report.Passed()) << report;
}

// A send that is dropped while it waits, or after room was granted to it, takes nobody's place and
// loses nobody's wake-up: the other sender's message arrives, and its own only if it said so.
void AWithdrawnSend() {
  auto places = std::make_unique<Places>();
  auto channel = std::make_unique<MpscChannel<Message>>(MakeMpsc<Message>(1));
  auto second = std::make_unique<MpscSender<Message>>(channel->sender);
  auto sent = std::make_unique<int>(1);
  Thread threads[2];
  threads[0] = Thread::Start("stays", [&, end = &channel->sender] {
                 auto mine = std::move(*end);
                 SendTo(mine, places->senders[0], 0, 1);
               }).value();
  threads[1] = Thread::Start("withdraws", [&, end = second.get()] {
                 auto mine = std::move(*end);
                 auto future = mine.Send(Make(10));
                 bool ready = future.poll(places->senders[1].context()).ready();
                 if (!ready) ready = future.poll(places->senders[1].context()).ready();
                 if (ready) ++*sent;
               }).value();
  const int received = ReceiveAll(channel->receiver, places->receiver);
  for (Thread& thread : threads) thread.Join();
  ZOKIO_CHECK(received == *sent, "what was sent, and no more");
}

TEST(MpscModel, AWithdrawnSendWithinOnePreemption) {
  const model::Report report = model::Explore({.name = "mpsc, a withdrawn send, 1 preemption",
                                               .mode = model::Mode::kBounded,
                                               .preemptions_max = 1,
                                               .stale_reads = false},
                                              AWithdrawnSend);
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(MpscModel, AWithdrawnSendByPriorities) {
  const model::Report report = model::Explore({.name = "mpsc, a withdrawn send, by priorities",
                                               .mode = model::Mode::kPct,
                                               .schedules_max = 8'000,
                                               .pct_depth = 4},
                                              AWithdrawnSend);
  EXPECT_TRUE(report.Passed()) << report;
}

// The receiver goes while a sender waits for room: the sender learns of it, no message is lost to
// the heap.
TEST(MpscModel, TheReceiverGoes) {
  const model::Report report = model::Explore({.name = "mpsc, receiver goes"}, [] {
    auto places = std::make_unique<Places>();
    auto channel = std::make_unique<MpscChannel<Message>>(MakeMpsc<Message>(1));
    Thread sender = Thread::Start("sender", [&, end = &channel->sender] {
                      auto mine = std::move(*end);
                      for (int i = 0; i < 2; ++i) {
                        auto future = mine.Send(Make(i));
                        if (!places->senders[0].Wait(future).value().ok()) return;
                      }
                    }).value();
    {
      auto receiver = std::move(channel->receiver);
    }
    sender.Join();
  });
  EXPECT_TRUE(report.Proven()) << report;
}

// A batch through a ring that is larger than its capacity, so that a slot and its gate differ. The
// receiver takes batches across the sender's, to the end; or it closes at once, and takes what
// came.
void Batches(bool close) {
  auto places = std::make_unique<Places>();
  auto channel = std::make_unique<MpscChannel<Message>>(MakeMpsc<Message>(3));
  auto sent = std::make_unique<size_t>(0);
  Thread sender = Thread::Start("sender", [&, end = &channel->sender] {
                    auto mine = std::move(*end);
                    Message items[] = {Make(0), Make(1), Make(2), Make(3), Make(4)};
                    auto future = mine.SendMany(items);
                    *sent = places->senders[0].Wait(future).value();
                    for (size_t i = 0; i < 5; ++i) {
                      ZOKIO_CHECK((items[i] == nullptr) == (i < *sent), "the rest is left alone");
                    }
                  }).value();
  std::vector<Message> got;
  {
    auto receiver = std::move(channel->receiver);
    if (close) receiver.Close();
    while (true) {
      auto future = receiver.RecvMany(&got, 2);
      if (places->receiver.Wait(future).value() == 0) break;
    }
  }
  sender.Join();
  ZOKIO_CHECK(got.size() == *sent && (close || got.size() == 5), "what was sent");
  for (size_t i = 0; i < got.size(); ++i) {
    ZOKIO_CHECK(*got[i] == static_cast<int>(i), "in its order");
  }
}

model::Report Within(int preemptions, const char* name, void (*body)()) {
  return model::Explore(
      {.name = name, .mode = model::Mode::kBounded, .preemptions_max = preemptions}, body);
}

TEST(MpscModel, BatchesAcrossEachOther) {
  const model::Report report = Within(1, "mpsc, batches", [] { Batches(false); });
  EXPECT_TRUE(report.Proven()) << report;
}

// What a Send said to be sent is received, and a refused batch comes back whole.
TEST(MpscModel, ABatchThatMeetsTheEnd) {
  const model::Report report = Within(2, "mpsc, batch and close", [] { Batches(true); });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(UnboundedModel, TwoSenders) {
  const model::Report report = model::Explore({.name = "unbounded, 2 senders"}, [] {
    auto places = std::make_unique<Places>();
    auto channel = std::make_unique<UnboundedChannel<Message>>(MakeUnbounded<Message>());
    auto second = std::make_unique<UnboundedSender<Message>>(channel->sender);
    Thread threads[2];
    for (int i = 0; i < 2; ++i) {
      threads[i] = Thread::Start("sender", [i, end = i == 0 ? &channel->sender : second.get()] {
                     auto mine = std::move(*end);
                     (void)mine.Send(Make(i * 10));
                   }).value();
    }
    ZOKIO_CHECK(ReceiveAll(channel->receiver, places->receiver) == 2, "both");
    for (Thread& thread : threads) thread.Join();
  });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(UnboundedModel, TheReceiverGoes) {
  const model::Report report = model::Explore({.name = "unbounded, receiver goes"}, [] {
    auto places = std::make_unique<Places>();
    auto channel = std::make_unique<UnboundedChannel<Message>>(MakeUnbounded<Message>());
    Thread sender = Thread::Start("sender", [end = &channel->sender] {
                      auto mine = std::move(*end);
                      (void)mine.Send(Make(0));
                      (void)mine.Send(Make(1));
                    }).value();
    {
      auto receiver = std::move(channel->receiver);
      auto future = receiver.Recv();
      auto poll = future.poll(places->receiver.context());
      if (poll.ready() && poll.value().ok()) ZOKIO_CHECK(**poll.value() == 0, "the first");
    }
    sender.Join();
  });
  EXPECT_TRUE(report.Proven()) << report;
}

}  // namespace
}  // namespace zokio
