// Ours in the cases of `future`: tasks, locks and channels on one thread, a channel across two.
//
//   future_cases CASE COUNT WORKERS REPETITIONS   (see load/repeat.h)
#include <cstdint>
#include <cstdio>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/thread.h"
#include "future/local_executor.h"
#include "future/mpsc.h"
#include "future/mutex.h"
#include "future/oneshot.h"
#include "future/task.h"
#include "future/unordered.h"
#include "tools/compare/load/repeat.h"

namespace zokio::compare {
namespace {

constexpr size_t kCapacity = 1024;
constexpr size_t kBatch = 32;
constexpr size_t kMembers = 100'000;

// 64 bytes, as a small request.
struct Item {
  explicit Item(uint64_t n = 0) : number(n) {}
  uint64_t number;
  uint64_t payload[7] = {};
};
static_assert(sizeof(Item) == 64);

Task<uint64_t> One() { co_return 1; }

uint64_t AwaitReady(uint64_t count) {
  return BlockOn([](uint64_t n) -> Task<uint64_t> {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < n; ++i) sum += co_await One();
    co_return sum;
  }(count));
}

// Made, polled to its end and destroyed from outside any coroutine.
uint64_t TaskLife(uint64_t count) {
  PollEnvironment environment;
  Context context(NoopWaker(), environment);
  uint64_t sum = 0;
  for (uint64_t i = 0; i < count; ++i) {
    auto task = One().IntoFuture();
    sum += task.poll(context).value();
  }
  return sum;
}

uint64_t LockAndUnlock(uint64_t count) {
  AsyncMutex mutex;
  uint64_t guarded = 0;
  return BlockOn([](AsyncMutex* lock, uint64_t* value, uint64_t n) -> Task<uint64_t> {
    for (uint64_t i = 0; i < n; ++i) {
      AsyncMutex::Guard guard = co_await lock->Lock();
      ++*value;
    }
    co_return *value;
  }(&mutex, &guarded, count));
}

Task<> SendAll(MpscSender<Item> sender, uint64_t count) {
  std::vector<Item> batch(kBatch);
  for (uint64_t i = 0; i < count; i += kBatch) {
    for (size_t k = 0; k < kBatch; ++k) batch[k].number = i + k;
    size_t sent = co_await sender.SendMany(batch);
    ZOKIO_CHECK(sent == kBatch, "the receiver left");
  }
}

Task<uint64_t> ReceiveAll(MpscReceiver<Item> receiver) {
  uint64_t sum = 0;
  std::vector<Item> batch;
  batch.reserve(kBatch);
  while (true) {
    size_t count = co_await receiver.RecvMany(&batch, kBatch);
    if (count == 0) co_return sum;
    for (const Item& item : batch) sum += item.number;
    batch.clear();
  }
}

// A batch in, the batch out.
Task<uint64_t> SendAndReceive(uint64_t count) {
  auto channel = MakeMpsc<Item>(kCapacity);
  uint64_t sum = 0;
  std::vector<Item> in(kBatch);
  std::vector<Item> out;
  out.reserve(kBatch);
  for (uint64_t i = 0; i < count; i += kBatch) {
    for (size_t k = 0; k < kBatch; ++k) in[k].number = i + k;
    (void)co_await channel.sender.SendMany(in);
    (void)co_await channel.receiver.RecvMany(&out, kBatch);
    for (const Item& item : out) sum += item.number;
    out.clear();
  }
  co_return sum;
}

uint64_t MpscOneThread(uint64_t count) { return BlockOn(SendAndReceive(count)); }

uint64_t MpscTwoThreads(uint64_t count) {
  auto channel = MakeMpsc<Item>(kCapacity);
  auto* end = new MpscSender<Item>(std::move(channel.sender));
  Thread producer = Thread::Start("producer", [end, count] {
                      BlockOn(SendAll(std::move(*end), count));
                      delete end;
                    }).value();
  uint64_t sum = BlockOn(ReceiveAll(std::move(channel.receiver)));
  producer.Join();
  return sum;
}

// One of 100 000 waiting futures is woken, its answer taken, and another put in its place.
uint64_t UnorderedWake(uint64_t count) {
  return BlockOn([](uint64_t n) -> Task<uint64_t> {
    Unordered<OneshotReceiver<uint64_t>> set;
    std::vector<OneshotSender<uint64_t>> senders;
    senders.reserve(kMembers);
    for (size_t i = 0; i < kMembers; ++i) {
      auto channel = MakeOneshot<uint64_t>();
      set.Push(std::move(channel.receiver));
      senders.push_back(std::move(channel.sender));
    }
    uint64_t sum = 0;
    uint64_t random = 1;
    for (uint64_t i = 0; i < n; ++i) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      OneshotSender<uint64_t>& sender = senders[(random >> 33) % kMembers];
      std::move(sender).Send(i);
      auto answer = co_await set.Next();
      sum += answer->value();
      auto channel = MakeOneshot<uint64_t>();
      set.Push(std::move(channel.receiver));
      sender = std::move(channel.sender);
    }
    co_return sum;
  }(count));
}

int Main(const RepeatOptions& options) {
  struct {
    std::string_view name;
    uint64_t (*run)(uint64_t count);
  } const cases[] = {{"await_ready", AwaitReady},       {"task_life", TaskLife},
                     {"mutex", LockAndUnlock},          {"mpsc_1thread", MpscOneThread},
                     {"mpsc_2threads", MpscTwoThreads}, {"unordered_wake", UnorderedWake}};
  for (const auto& one : cases) {
    if (one.name != options.name) continue;
    Repeat(options, one.run);
    return 0;
  }
  std::fputs("future_cases: no such case\n", stderr);
  return 2;
}

}  // namespace
}  // namespace zokio::compare

int main(int argc, char** argv) {
  return zokio::compare::Main(zokio::compare::ParseRepeatOptions(argc, argv));
}
