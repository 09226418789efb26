// TalkSampler: which of a loop's actors talk most to actors of which other loop, by a sample.
//
// A small table: who is met again counts up, who takes another's place counts that one down first,
// so the frequent ones stay.
//
// Thread-safety: none.
// Cost: a few instructions a sample; 64 entries of 32 bytes.
// Source: the majority vote of R. Boyer and J. Moore (1981), a slot for each hash.
#ifndef ZOKIO_ACTOR_INTERNAL_TALK_SAMPLER_H_
#define ZOKIO_ACTOR_INTERNAL_TALK_SAMPLER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "actor/actor_id.h"

namespace zokio::internal {

class TalkSampler {
 public:
  struct Entry {
    ActorId actor;
    uint32_t to = 0;  // a loop
    uint32_t count = 0;
  };

  void Sample(ActorId actor, uint32_t to) {
    Entry& entry = entries_[std::hash<ActorId>()(actor) / 64 % entries_.size()];
    if (entry.count == 0) entry = Entry{actor, to, 0};
    if (entry.actor == actor && entry.to == to) {
      ++entry.count;
    } else {
      --entry.count;
    }
  }
  // Those that were met so often, and forgets half of what it knew, so that the past fades.
  template <typename Visit>
  void Take(uint32_t count_min, Visit&& visit) {
    for (Entry& entry : entries_) {
      if (entry.count >= count_min) visit(entry);
      entry.count /= 2;
    }
  }

 private:
  std::array<Entry, 64> entries_;
};

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_TALK_SAMPLER_H_
