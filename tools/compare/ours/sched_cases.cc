// Ours in the scheduler cases: the default scheduler, as many workers as cores that it may use.
//
//   sched_cases CASE COUNT WORKERS REPETITIONS   (see load/repeat.h)
#include <cstdint>
#include <cstdio>
#include <memory>
#include <utility>
#include <vector>

#include "base/check.h"
#include "future/join_handle.h"
#include "future/oneshot.h"
#include "future/spawn.h"
#include "future/task.h"
#include "future/yield.h"
#include "sched/scheduler.h"
#include "tools/compare/load/repeat.h"

namespace zokio::compare {
namespace {

constexpr uint64_t kYieldingTasks = 200;

using Handles = std::vector<JoinHandle<uint64_t>>;

Task<uint64_t> Number(uint64_t number) { co_return number; }

Task<uint64_t> JoinAndSum(Handles handles) {
  uint64_t sum = 0;
  for (auto& handle : handles) sum += (co_await handle).value();
  co_return sum;
}

Task<uint64_t> SpawnAndSum(Executor* executor, uint64_t count) {
  Handles handles;
  handles.reserve(count);
  for (uint64_t i = 0; i < count; ++i) handles.push_back(Spawn(*executor, Number(i)));
  co_return co_await JoinAndSum(std::move(handles));
}

uint64_t SpawnInside(Scheduler& scheduler, uint64_t count) {
  return scheduler.BlockOn(SpawnAndSum(&scheduler.executor(), count));
}

uint64_t SpawnOutside(Scheduler& scheduler, uint64_t count) {
  Handles handles;
  handles.reserve(count);
  for (uint64_t i = 0; i < count; ++i) handles.push_back(scheduler.Spawn(Number(i)));
  return scheduler.BlockOn(JoinAndSum(std::move(handles)));
}

Task<uint64_t> YieldTimes(uint64_t times) {
  uint64_t done = 0;
  for (; done < times; ++done) co_await Yield();
  co_return done;
}

uint64_t YieldAll(Scheduler& scheduler, uint64_t count) {
  Handles handles;
  for (uint64_t i = 0; i < kYieldingTasks; ++i) {
    handles.push_back(scheduler.Spawn(YieldTimes(count / kYieldingTasks)));
  }
  return scheduler.BlockOn(JoinAndSum(std::move(handles)));
}

// Each message brings the way to answer it.
struct Message {
  uint64_t number;
  OneshotSender<Message> reply;
};

Task<uint64_t> Ping(OneshotSender<Message> pong, uint64_t count) {
  uint64_t sum = 0;
  for (uint64_t number = 0; number < count; ++number) {
    auto [sender, receiver] = MakeOneshot<Message>();
    std::move(pong).Send(Message{number, std::move(sender)});
    Result<Message> answer = co_await receiver;
    sum += answer.value().number;
    pong = std::move(answer.value().reply);
  }
  co_return sum;
}

Task<> Pong(OneshotReceiver<Message> ping) {
  while (true) {
    Result<Message> message = co_await ping;
    if (!message.ok()) co_return;  // the other one has finished
    auto [sender, receiver] = MakeOneshot<Message>();
    std::move(message.value().reply).Send(Message{message.value().number + 1, std::move(sender)});
    ping = std::move(receiver);
  }
}

uint64_t PingPong(Scheduler& scheduler, uint64_t count) {
  auto [sender, receiver] = MakeOneshot<Message>();
  auto pong = scheduler.Spawn(Pong(std::move(receiver)));
  auto ping = scheduler.Spawn(Ping(std::move(sender), count));
  return scheduler.BlockOn(
      [](JoinHandle<uint64_t> sum, JoinHandle<void> end) -> Task<uint64_t> {
        const uint64_t result = (co_await sum).value();
        (void)co_await end;
        co_return result;
      },
      std::move(ping), std::move(pong));
}

int Main(const RepeatOptions& options) {
  auto scheduler = Scheduler::Create();
  ZOKIO_CHECK(scheduler.ok(), "no scheduler");
  ZOKIO_CHECK(scheduler.value()->workers() == static_cast<int>(options.workers),
              "the harness pins to as many cores as the peers have workers");
  const auto run = [&](auto&& one_case) {
    Repeat(options, [&](uint64_t count) { return one_case(*scheduler.value(), count); });
    return 0;
  };
  if (options.name == "spawn_inside") return run(SpawnInside);
  if (options.name == "spawn_outside") return run(SpawnOutside);
  if (options.name == "yield") return run(YieldAll);
  if (options.name == "ping_pong") return run(PingPong);
  std::fputs("sched_cases: no such case\n", stderr);
  return 2;
}

}  // namespace
}  // namespace zokio::compare

int main(int argc, char** argv) {
  return zokio::compare::Main(zokio::compare::ParseRepeatOptions(argc, argv));
}
