// Whether kernels pay where other packages could use them, each beside what is there without them:
// completions in a driver's loop, messages on their way to mailboxes, lines of a stream.
// simd/README.md says what follows from it.
#include <benchmark/benchmark.h>

#include <array>
#include <bit>
#include <cstring>
#include <string_view>
#include <vector>

#include "simd/bench/cases.h"
#include "simd/completion.h"
#include "simd/find.h"
#include "simd/hash.h"
#include "simd/partition.h"

namespace zokio::simd::bench {
namespace {

// An operation's slot in its loop's slab, and an actor: neither is in the cache when it is needed.
struct alignas(128) Operation {
  int64_t result = 0;
  uint64_t woken = 0;
};
struct Message {
  Message* next = nullptr;
  uint32_t destination = 0;
};
struct alignas(256) Actor {
  Message* last = nullptr;
  uint64_t delivered = 0;
  bool scheduled = false;
};

// A batch of completions of random slots, one in 50 failed and one in 3 with more to come. What a
// loop does: look at result and flags, then complete the operation.
void Completions(size_t slots) {
  constexpr size_t kBatch = 256;
  constexpr uint32_t kMore = 2;
  auto* const slab = new std::vector<Operation>(slots);
  auto* const batch = new std::vector<Completion>(kBatch);
  for (size_t i = 0; i < kBatch; ++i) {
    const uint64_t slot = Hash(i, 21) % slots;
    (*batch)[i] = {slot, i % 50 == 0 ? -11 : 100, i % 3 == 0 ? kMore : 0u};
  }
  const auto complete = [=](const Completion& completion, bool failed, bool more) {
    Operation& operation = (*slab)[completion.user_data];
    operation.result = failed ? -1 : completion.result;
    operation.woken += more ? 1 : 2;
  };
  const std::string name = "simd_use_completions_" + std::to_string(slots);
  Peer(name, "plain", {.items = kBatch}, kBatch, [=] {
    for (const Completion& completion : *batch) {
      complete(completion, completion.result < 0, (completion.flags & kMore) != 0);
    }
    return kBatch;
  });
  Ours(name, {.items = kBatch}, kBatch, [=] {
    std::array<uint64_t, kBatch / 64> failed;
    std::array<uint64_t, kBatch / 64> more;
    CompletionScan(*batch, kMore, failed, more);
    for (size_t i = 0; i < kBatch; ++i) {
      complete((*batch)[i], (failed[i / 64] >> (i % 64) & 1) != 0,
               (more[i / 64] >> (i % 64) & 1) != 0);
    }
    return kBatch;
  });
}

// A batch of messages to random actors: each appended to its mailbox as it comes, or sorted by
// destination first, so that a mailbox is touched once.
void Messages(size_t actors) {
  constexpr size_t kBatch = 1024;
  auto* const mailboxes = new std::vector<Actor>(actors);
  auto* const messages = new std::vector<Message>(kBatch);
  auto* const destinations = new std::vector<uint32_t>(kBatch);
  for (size_t i = 0; i < kBatch; ++i) {
    (*destinations)[i] = static_cast<uint32_t>(Hash(i, 22) % actors);
    (*messages)[i].destination = (*destinations)[i];
  }
  const std::string name = "simd_use_messages_" + std::to_string(actors);
  Peer(name, "plain", {.items = kBatch}, kBatch, [=] {
    for (Message& message : *messages) {
      Actor& actor = (*mailboxes)[message.destination];
      message.next = actor.last;
      actor.last = &message;
      ++actor.delivered;
      actor.scheduled = true;
    }
    return kBatch;
  });
  auto* const offsets = new std::vector<uint32_t>(actors + 1);
  auto* const order = new std::vector<uint32_t>(kBatch);
  Ours(name, {.items = kBatch}, kBatch, [=] {
    PartitionByDestination(*destinations, *offsets, *order);
    for (size_t d = 0; d < actors; ++d) {
      const uint32_t begin = (*offsets)[d];
      const uint32_t end = (*offsets)[d + 1];
      if (begin == end) continue;
      Actor& actor = (*mailboxes)[d];
      Message* last = actor.last;
      for (uint32_t i = begin; i < end; ++i) {
        Message& message = (*messages)[(*order)[i]];
        message.next = last;
        last = &message;
      }
      actor.last = last;
      actor.delivered += end - begin;
      actor.scheduled = true;
    }
    return kBatch;
  });
}

// A buffer of lines, read one by one as a stream's ReadUntil() does.
void Lines(size_t line_bytes) {
  constexpr size_t kBuffer = 16384;
  auto* const text = new String(kBuffer, 'x');
  for (size_t i = line_bytes - 1; i < kBuffer; i += line_bytes) (*text)[i] = '\n';
  const uint64_t lines = kBuffer / line_bytes;
  const auto read = [=](const auto& find) {
    uint64_t count = 0;
    for (std::string_view rest = *text; !rest.empty(); ++count) {
      const size_t end = find(rest);
      if (end == rest.size()) break;
      rest.remove_prefix(end + 1);
    }
    return count;
  };
  const std::string name = "simd_use_lines_" + std::to_string(line_bytes);
  Ours(name, {.bytes = kBuffer, .items = lines}, lines,
       [=] { return read([](std::string_view rest) { return FindByte(AsBytes(rest), '\n'); }); });
  Peer(name, "memchr", {.bytes = kBuffer, .items = lines}, lines, [=] {
    return read([](std::string_view rest) {
      const void* const found = std::memchr(rest.data(), '\n', rest.size());
      return found == nullptr ? rest.size()
                              : static_cast<size_t>(static_cast<const char*>(found) - rest.data());
    });
  });
}

const bool g_registered = [] {
  Completions(1024);
  Completions(size_t{1} << 16);
  Messages(64);
  Messages(4096);
  Lines(32);
  Lines(1024);
  return true;
}();

}  // namespace
}  // namespace zokio::simd::bench
