// For waiting_test: each end of a channel, and what else tasks wait for, as waiting_kinds.h says.
#ifndef ZOKIO_FUTURE_WAITING_CHANNEL_KINDS_H_
#define ZOKIO_FUTURE_WAITING_CHANNEL_KINDS_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "future/broadcast.h"
#include "future/cancellation.h"
#include "future/mpmc.h"
#include "future/mpsc.h"
#include "future/oneshot.h"
#include "future/rendezvous.h"
#include "future/shared.h"
#include "future/unbounded.h"
#include "future/waiting_kinds.h"
#include "future/watch.h"
#include "gtest/gtest.h"

namespace zokio::testing {

// Senders that wait for room.
template <typename Channel>
struct SendKind : WaitingKind {
  explicit SendKind(Channel made) : channel(std::move(made)) {
    EXPECT_TRUE(channel.sender.TrySend(-1).ok());
  }
  Task<> Enter(int id) {
    Result<void> sent = co_await channel.sender.Send(id);
    EXPECT_TRUE(sent.ok());
    In(id);
  }
  void LetIn() { Take(); }
  // What was sent comes in the order in which it was let in.
  void Check() {
    while (Take()) {
    }
    EXPECT_EQ(taken, in());
  }
  bool Take() {
    Result<int> message = channel.receiver.TryRecv();
    if (message.ok() && *message >= 0) taken.push_back(*message);
    return message.ok();
  }
  Channel channel;
  std::vector<int> taken;
};
struct MpscSendKind : SendKind<MpscChannel<int>> {
  MpscSendKind() : SendKind(MakeMpsc<int>(1)) {}
};
struct MpmcSendKind : SendKind<MpmcChannel<int>> {
  MpmcSendKind() : SendKind(MakeMpmc<int>(1)) {}
};

// Receivers that wait for messages.
template <typename Channel, int kReceivers>
struct RecvKind : WaitingKind {
  static constexpr int kWaiters = kReceivers;
  explicit RecvKind(Channel made) : channel(std::move(made)) {}
  Task<> Enter(int id) {
    Result<int> message = co_await channel.receiver.Recv();
    EXPECT_TRUE(message.ok());
    if (message.ok()) Got(*message);
    In(id);
  }
  void Check() {
    while (true) {
      Result<int> message = channel.receiver.TryRecv();
      if (!message.ok()) break;
      Got(*message);
    }
    EXPECT_EQ(received_, sent_);
  }
  Channel channel;
};
struct MpscRecvKind : RecvKind<MpscChannel<int>, 1> {
  MpscRecvKind() : RecvKind(MakeMpsc<int>(64)) {}
  void LetIn() { EXPECT_TRUE(channel.sender.TrySend(sent_++).ok()); }
};
struct MpmcRecvKind : RecvKind<MpmcChannel<int>, 4> {
  MpmcRecvKind() : RecvKind(MakeMpmc<int>(64)) {}
  void LetIn() { EXPECT_TRUE(channel.sender.TrySend(sent_++).ok()); }
};
struct UnboundedRecvKind : RecvKind<UnboundedChannel<int>, 1> {
  UnboundedRecvKind() : RecvKind(MakeUnbounded<int>()) {}
  void LetIn() { EXPECT_TRUE(channel.sender.Send(sent_++).ok()); }
};

struct RendezvousSendKind : WaitingKind {
  static constexpr bool kPassesOn = false;  // its message was taken with the choice
  Task<> Enter(int id) {
    Result<void> sent = co_await channel.sender.Send(id);
    EXPECT_TRUE(sent.ok());
    In(id);
  }
  void LetIn() {
    if (!receive) receive.emplace(channel.receiver.Recv());
    Poll<Result<int>> message = receive->poll(manual_.context);
    if (message.ready()) receive.reset();
  }
  void Check() {}
  RendezvousChannel<int> channel = MakeRendezvous<int>();
  std::optional<RendezvousReceiver<int>::RecvFuture> receive;
};

struct RendezvousRecvKind : WaitingKind {
  Task<> Enter(int id) {
    Result<int> message = co_await channel.receiver.Recv();
    EXPECT_TRUE(message.ok());
    if (message.ok()) Got(*message);
    In(id);
  }
  void LetIn() {
    if (send && send->poll(manual_.context).ready()) send.reset();
    if (send) return;
    send.emplace(channel.sender.Send(sent_++));
    EXPECT_TRUE(send->poll(manual_.context).pending());
  }
  void Check() { EXPECT_GE(sent_, received_); }
  RendezvousChannel<int> channel = MakeRendezvous<int>();
  std::optional<RendezvousSender<int>::SendFuture> send;
};

struct BroadcastKind : WaitingKind {
  static constexpr bool kTogether = true;
  Task<> Enter(int id) {
    BroadcastReceiver<int> receiver = channel.receiver;
    Result<int> message = co_await receiver.Recv();
    EXPECT_TRUE(message.ok() && *message == 0);
    In(id);
  }
  void LetIn() { channel.sender.Send(sent_++); }
  void Check() {}
  BroadcastChannel<int> channel = MakeBroadcast<int>(64);
};

struct WatchKind : WaitingKind {
  static constexpr bool kTogether = true;
  Task<> Enter(int id) {
    WatchReceiver<int> receiver = channel.receiver;
    Result<void> changed = co_await receiver.Changed();
    EXPECT_TRUE(changed.ok());
    EXPECT_GT(*receiver.Get(), 0);
    In(id);
  }
  void LetIn() { channel.sender.Send(++sent_); }
  void Check() {}
  WatchChannel<int> channel = MakeWatch(0);
};

struct OneshotKind : WaitingKind {
  static constexpr int kWaiters = 1;
  Task<> Enter(int id) {
    if (taken) {
      In(id);
      co_return;
    }
    Result<int> value = co_await channel.receiver;
    taken = value.ok() && *value == 7;
    In(id);
  }
  void LetIn() {
    if (sent_++ != 0) return;
    EXPECT_TRUE(std::move(channel.sender).Send(7));
  }
  void Check() { EXPECT_TRUE(taken); }
  OneshotChannel<int> channel = MakeOneshot<int>();
  bool taken = false;
};

struct CancelledKind : WaitingKind {
  static constexpr bool kTogether = true;
  Task<> Enter(int id) {
    CancelToken token = source.token();
    co_await token.Cancelled();
    In(id);
  }
  void LetIn() { source.Cancel(); }
  void Check() { EXPECT_TRUE(source.cancelled()); }
  CancelSource source;
};

struct SharedKind : WaitingKind {
  static constexpr bool kTogether = true;
  static constexpr bool kOrdered = false;  // whoever drives it is first
  Task<> Enter(int id) {
    SharedFuture<OneshotReceiver<int>> mine = shared;
    const Result<int>& value = co_await mine;
    EXPECT_TRUE(value.ok() && *value == 7);
    In(id);
  }
  void LetIn() {
    if (sent_++ != 0) return;
    EXPECT_TRUE(std::move(channel.sender).Send(7));
  }
  void Check() {}
  OneshotChannel<int> channel = MakeOneshot<int>();
  SharedFuture<OneshotReceiver<int>> shared = Shared(std::move(channel.receiver));
};

using WaitingKinds =
    ::testing::Types<MutexKind, WriteKind, ReadKind, SemaphoreKind<1>, SemaphoreKind<3>, NotifyKind,
                     EventKind, LatchKind, BarrierKind, CondVarKind, OnceCellKind, MpscSendKind,
                     MpmcSendKind, MpscRecvKind, MpmcRecvKind, UnboundedRecvKind,
                     RendezvousSendKind, RendezvousRecvKind, BroadcastKind, WatchKind, OneshotKind,
                     CancelledKind, SharedKind>;

struct WaitingKindNames {
  template <typename Kind>
  static std::string GetName(int index) {
    static const char* const kNames[] = {
        "Mutex",         "RwLockWrite",    "RwLockRead",     "Semaphore", "SemaphoreOfThree",
        "Notify",        "Event",          "Latch",          "Barrier",   "CondVar",
        "OnceCell",      "MpscSend",       "MpmcSend",       "MpscRecv",  "MpmcRecv",
        "UnboundedRecv", "RendezvousSend", "RendezvousRecv", "Broadcast", "Watch",
        "Oneshot",       "Cancelled",      "Shared"};
    return kNames[index];
  }
};

}  // namespace zokio::testing

#endif  // ZOKIO_FUTURE_WAITING_CHANNEL_KINDS_H_
