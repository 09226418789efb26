// CAF 0.17 in the actor cases, in its own idiom: event-based actors, its default scheduler.
//
//   actor_caf CASE COUNT WORKERS REPETITIONS   (see load/repeat.h)
#include <unistd.h>

#include <algorithm>
#include <caf/all.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "tools/compare/load/repeat.h"
#include "tools/compare/peers/actor_caf_crowds.h"

namespace zokio::compare {
namespace {

using caf::actor;
using caf::behavior;
using Self = caf::event_based_actor*;
using Go = caf::ok_atom;

constexpr uint64_t kWindow = 100;

struct PingState {
  uint64_t sent = 0;
  uint64_t received = 0;
  uint64_t sum = 0;
};

uint64_t Pairs(caf::actor_system& system, uint64_t count, uint64_t pairs, uint64_t window,
               bool lockstep) {
  Finish finish(pairs);
  const uint64_t total = count / pairs / 2;
  std::vector<actor> pings;
  for (uint64_t i = 0; i < pairs; ++i) {
    actor pong = system.spawn([](Self self) -> behavior {
      auto peer = std::make_shared<actor>();
      return {[=](const actor& other) { *peer = other; },
              [=](Ball& ball) { self->send(*peer, ball); }};
    });
    actor ping = system.spawn([=, &finish](Self self) -> behavior {
      auto state = std::make_shared<PingState>();
      auto burst = [=] {
        const uint64_t end = std::min(total, state->sent + window);
        for (; state->sent < end; ++state->sent) self->send(pong, Ball{{state->sent}});
      };
      return {[=](Go) { burst(); },
              [=, &finish](Ball& ball) {
                state->sum += ball.words[0];
                if (++state->received == total) {
                  finish.Part(state->sum);
                  self->send_exit(pong, caf::exit_reason::user_shutdown);
                  self->quit();
                } else if (lockstep) {
                  if (state->received == state->sent) burst();
                } else if (state->sent < total) {
                  ball.words[0] = state->sent++;
                  self->send(pong, ball);
                }
              }};
    });
    caf::anon_send(pong, ping);
    pings.push_back(ping);
  }
  for (auto& ping : pings) caf::anon_send(ping, Go::value);
  return finish.Wait();
}

uint64_t FanIn(caf::actor_system& system, uint64_t count, uint64_t sources) {
  Finish finish(1);
  actor sink = system.spawn([=, &finish](Self self) -> behavior {
    auto state = std::make_shared<PingState>();
    return {[=, &finish](Ball& ball) {
      state->sum += ball.words[0];
      if (++state->received < count) return;
      finish.Part(state->sum);
      self->quit();
    }};
  });
  for (uint64_t s = 0; s < sources; ++s) {
    actor source = system.spawn([=](Self self) -> behavior {
      return {[=](Go) {
        for (uint64_t i = 0; i < count / sources; ++i) self->send(sink, Ball{{i}});
        self->quit();
      }};
    });
    caf::anon_send(source, Go::value);
  }
  return finish.Wait();
}

uint64_t Ring(caf::actor_system& system, uint64_t hops) {
  constexpr size_t kLinks = 500;
  Finish finish(1);
  std::vector<actor> links;
  links.reserve(kLinks);
  for (size_t i = 0; i < kLinks; ++i) {
    links.push_back(system.spawn([&finish](Self self) -> behavior {
      auto next = std::make_shared<actor>();
      return {[=](const actor& other) { *next = other; },
              [=, &finish](uint64_t left) {
                if (left == 0) {
                  finish.Part(1);
                } else {
                  self->send(*next, left - 1);
                }
              }};
    }));
  }
  for (size_t i = 0; i < kLinks; ++i) caf::anon_send(links[i], links[(i + 1) % kLinks]);
  caf::anon_send(links[0], hops);
  const uint64_t arrived = finish.Wait();
  for (auto& link : links) caf::anon_send_exit(link, caf::exit_reason::kill);
  return arrived * hops;
}

behavior Node(Self self, actor parent, uint64_t first, uint64_t size) {
  if (size == 1) {
    self->send(parent, first);
    return {};
  }
  for (uint64_t i = 0; i < 10; ++i) {
    self->spawn(Node, caf::actor_cast<actor>(self), first + i * (size / 10), size / 10);
  }
  auto state = std::make_shared<PingState>();
  return {[=](uint64_t sum) {
    state->sum += sum;
    if (++state->received < 10) return;
    self->send(parent, state->sum);
    self->quit();
  }};
}

uint64_t Skynet(caf::actor_system& system, uint64_t leaves) {
  uint64_t result = 0;
  caf::scoped_actor self{system};
  self->spawn(Node, caf::actor_cast<actor>(self), uint64_t{0}, leaves);
  self->receive([&](uint64_t sum) { result = sum; });
  return result;
}

uint64_t SpawnDie(caf::actor_system& system, uint64_t count) {
  Finish finish(1);
  actor breeder = system.spawn([=, &finish](Self self) -> behavior {
    auto state = std::make_shared<PingState>();
    return {[=](Go) {
              for (uint64_t i = 0; i < count; ++i) {
                actor mayfly = self->spawn([](Self me) -> behavior {
                  return {[=](uint64_t number, const actor& parent) {
                    me->send(parent, number);
                    me->quit();
                  }};
                });
                self->send(mayfly, i, caf::actor_cast<actor>(self));
              }
            },
            [=, &finish](uint64_t number) {
              state->sum += number;
              if (++state->received < count) return;
              finish.Part(state->sum);
              self->quit();
            }};
  });
  caf::anon_send(breeder, Go::value);
  return finish.Wait();
}

behavior Server(Self) {
  return {[](uint64_t number) { return number + 1; }};
}

int AskDelay(caf::actor_system& system, uint64_t count, unsigned percentile) {
  using Clock = std::chrono::steady_clock;
  std::vector<uint64_t> delays;
  delays.reserve(count);
  uint64_t sum = 0;
  Finish finish(1);
  actor server = system.spawn(Server);
  actor asker = system.spawn([&, count](Self self) -> behavior {
    auto next = std::make_shared<std::function<void()>>();
    *next = [&, self, server, next = next.get(), count] {
      const auto start = Clock::now();
      self->request(server, std::chrono::seconds(10), uint64_t{delays.size()})
          .then([&, self, next, start, count](uint64_t answer) {
            delays.push_back(static_cast<uint64_t>((Clock::now() - start).count()));
            sum += answer;
            if (delays.size() < count) return (*next)();
            finish.Part(sum);
            self->quit();
          });
    };
    return {[next](Go) { (*next)(); }};
  });
  caf::anon_send(asker, Go::value);
  finish.Wait();
  caf::anon_send_exit(server, caf::exit_reason::kill);
  std::sort(delays.begin(), delays.end());
  std::printf("value=%llu work=%llu\n",
              static_cast<unsigned long long>(delays[count * percentile / 100]),
              static_cast<unsigned long long>(sum));
  return 0;
}

uint64_t AskExternal(caf::actor_system& system, uint64_t count) {
  actor server = system.spawn(Server);
  caf::scoped_actor self{system};
  uint64_t sum = 0;
  for (uint64_t i = 0; i < count; ++i) {
    self->request(server, std::chrono::seconds(10), i)
        .receive([&](uint64_t answer) { sum += answer; }, [](caf::error&) {});
  }
  caf::anon_send_exit(server, caf::exit_reason::kill);
  return sum;
}

uint64_t ResidentBytes() {
  FILE* file = std::fopen("/proc/self/statm", "r");
  unsigned long pages = 0;
  if (file == nullptr || std::fscanf(file, "%*u %lu", &pages) != 1) std::abort();
  std::fclose(file);
  return uint64_t{pages} * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

int IdleBytes(caf::actor_system& system, uint64_t count) {
  std::vector<actor> idle;
  idle.resize(count);
  const uint64_t before = ResidentBytes();
  for (auto& ref : idle) ref = system.spawn(Server);
  caf::scoped_actor self{system};
  uint64_t alive = 0;
  for (uint64_t i = 0; i < count; ++i) {
    if (i + 4 < count && i % 1000 != 0) {
      ++alive;
    } else {
      self->request(idle[i], std::chrono::seconds(10), uint64_t{0})
          .receive([&](uint64_t answer) { alive += answer; }, [](caf::error&) {});
    }
  }
  const uint64_t after = ResidentBytes();
  std::printf("value=%.1f work=%llu\n",
              static_cast<double>(after - before) / static_cast<double>(count),
              static_cast<unsigned long long>(alive));
  std::fflush(stdout);
  std::_Exit(0);  // ending a million actors is not measured
}

int Run(caf::actor_system& system, const RepeatOptions& options) {
  const std::string name(options.name);
  const auto run = [&](auto&& one_case) {
    Repeat(options, [&](uint64_t count) { return one_case(count); });
    return 0;
  };
  for (const bool lockstep : {false, true}) {
    const std::string shape = lockstep ? "actor_lockstep_" : "actor_window_";
    for (const uint64_t pairs : {1, 2, 4, 8}) {
      if (name != shape + std::to_string(pairs)) continue;
      return run([&](uint64_t count) { return Pairs(system, count, pairs, kWindow, lockstep); });
    }
  }
  if (name == "actor_pingpong") {
    return run([&](uint64_t count) { return Pairs(system, count, 1, 1, false); });
  }
  if (name == "actor_count") return run([&](uint64_t count) { return FanIn(system, count, 1); });
  if (name == "actor_fanin") return run([&](uint64_t count) { return FanIn(system, count, 8); });
  if (name == "actor_fanout") return run([&](uint64_t count) { return FanOut(system, count); });
  if (name == "actor_big") return run([&](uint64_t count) { return Big(system, count); });
  if (name == "actor_chameneos") return run([&](uint64_t n) { return Chameneos(system, n); });
  if (name == "actor_ring") return run([&](uint64_t count) { return Ring(system, count); });
  if (name == "actor_skynet") return run([&](uint64_t count) { return Skynet(system, count); });
  if (name == "actor_spawn_die")
    return run([&](uint64_t count) { return SpawnDie(system, count); });
  if (name == "actor_ask") return AskDelay(system, options.count, 50);
  if (name == "actor_ask_p99") return AskDelay(system, options.count, 99);
  if (name == "actor_ask_external") {
    return run([&](uint64_t count) { return AskExternal(system, count); });
  }
  if (name == "actor_idle_bytes") return IdleBytes(system, options.count);
  std::fputs("actor_caf: no such case\n", stderr);
  return 2;
}

}  // namespace
}  // namespace zokio::compare

int main(int argc, char** argv) {
  const auto options = zokio::compare::ParseRepeatOptions(argc, argv);
  caf::actor_system_config config;
  config.add_message_types<caf::id_block::compare>();
  config.set("scheduler.max-threads", size_t{options.workers});
  caf::actor_system system{config};
  return zokio::compare::Run(system, options);
}
