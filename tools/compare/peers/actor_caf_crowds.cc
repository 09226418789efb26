#include "tools/compare/peers/actor_caf_crowds.h"

#include <memory>
#include <utility>
#include <vector>

namespace zokio::compare {
namespace {

using caf::actor;
using caf::behavior;
using Self = caf::event_based_actor*;
using Go = caf::ok_atom;
using Closed = caf::close_atom;
using Meet = caf::join_atom;

constexpr size_t kSinks = 1000;
constexpr size_t kPeers = 100;

struct PeerState {
  uint64_t random;
  uint64_t pongs = 0;
};

struct MallState {
  uint64_t left;
  size_t closed = 0;
  std::vector<std::pair<actor, uint32_t>> waiting;
};

}  // namespace

uint64_t FanOut(caf::actor_system& system, uint64_t count) {
  Finish finish(kSinks);
  const uint64_t rounds = count / kSinks;
  auto sinks = std::make_shared<std::vector<actor>>();
  for (size_t i = 0; i < kSinks; ++i) {
    sinks->push_back(system.spawn([=, &finish](Self self) -> behavior {
      auto state = std::make_shared<std::pair<uint64_t, uint64_t>>();
      return {[=, &finish](Ball& ball) {
        state->second += ball.words[0];
        if (++state->first < rounds) return;
        finish.Part(state->second);
        self->quit();
      }};
    }));
  }
  actor spreader = system.spawn([=](Self self) -> behavior {
    auto round = std::make_shared<uint64_t>(0);
    return {[=](Go) {
      for (const actor& sink : *sinks) self->send(sink, Ball{{*round}});
      if (++*round == rounds) return self->quit();
      self->send(self, Go::value);
    }};
  });
  caf::anon_send(spreader, Go::value);
  return finish.Wait();
}

uint64_t Big(caf::actor_system& system, uint64_t count) {
  Finish finish(kPeers);
  const uint64_t pings = count / 2 / kPeers;
  auto peers = std::make_shared<std::vector<actor>>();
  for (size_t i = 0; i < kPeers; ++i) {
    peers->push_back(system.spawn([=, &finish](Self self) -> behavior {
      auto state = std::make_shared<PeerState>();
      state->random = i + 1;
      auto next = [=] {
        state->random = (state->random * 1103515245 + 12345) % 2147483648;
        self->send((*peers)[state->random / 65536 % kPeers], caf::actor_cast<actor>(self));
      };
      return {[=](Go) { next(); }, [=](const actor& from) { self->send(from, uint64_t{1}); },
              [=, &finish](uint64_t) {
                if (++state->pongs < pings) {
                  next();
                } else {
                  finish.Part(state->pongs);
                }
              }};
    }));
  }
  for (const actor& peer : *peers) caf::anon_send(peer, Go::value);
  const uint64_t pongs = finish.Wait();
  for (const actor& peer : *peers) caf::anon_send_exit(peer, caf::exit_reason::kill);
  peers->clear();  // they hold each other by it
  return pongs;
}

uint64_t Chameneos(caf::actor_system& system, uint64_t meetings) {
  Finish finish(kPeers);
  actor mall = system.spawn([=](Self self) -> behavior {
    auto state = std::make_shared<MallState>();
    state->left = meetings;
    return {[=](Meet, const actor& from, uint32_t colour) {
      if (state->left == 0) {
        self->send(from, Closed::value);
        if (++state->closed == kPeers) self->quit();
      } else if (state->waiting.empty()) {
        state->waiting.emplace_back(from, colour);
      } else {
        const auto [other, others_colour] = state->waiting.back();
        state->waiting.pop_back();
        self->send(other, colour);
        self->send(from, others_colour);
        --state->left;
      }
    }};
  });
  for (uint32_t i = 0; i < kPeers; ++i) {
    actor creature = system.spawn([=, &finish](Self self) -> behavior {
      auto state = std::make_shared<std::pair<uint64_t, uint32_t>>(0, i % 3);
      auto meet = [=] {
        self->send(mall, Meet::value, caf::actor_cast<actor>(self), state->second);
      };
      return {[=](Go) { meet(); },
              [=](uint32_t colour) {
                ++state->first;
                if (colour != state->second) state->second = 3 - colour - state->second;
                meet();
              },
              [=, &finish](Closed) {
                finish.Part(state->first);
                self->quit();
              }};
    });
    caf::anon_send(creature, Go::value);
  }
  return finish.Wait();
}

}  // namespace zokio::compare
