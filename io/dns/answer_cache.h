// AnswerCache: what names were found to be, for as long as their records say; also that there is
// no such name.
//
// It also keeps those apart who ask for the same name at once: one asks, the others wait for what
// it hears. Each name in question has an Entry; its `asking` lock is held by the one that asks. Who
// comes to hold it looks first whether an answer came since it began to wait.
//
// Thread-safety: all functions, from any thread.
// Cancellation: the one that asks may be dropped: the next holder of the lock asks.
// Cost: a short lock and a hash of the name; the least recently used entry goes when it is full.
// Source: RFC 2308 for answers that there is nothing.
#ifndef ZOKIO_IO_DNS_ANSWER_CACHE_H_
#define ZOKIO_IO_DNS_ANSWER_CACHE_H_

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "future/mutex.h"
#include "io/socket_address.h"

namespace zokio::io {

class AnswerCache {
 public:
  using Answer = Result<std::vector<SocketAddress>>;

  // Of one name and family. Outlives its place in the cache for those that hold it.
  struct Entry {
    AsyncMutex asking;

   private:
    friend class AnswerCache;
    Answer answer = Error(ErrorCode::kUnknown, "resolve");
    Instant expires{};     // the answer is good before this
    uint64_t answers = 0;  // how many came
  };

  struct Found {
    std::shared_ptr<Entry> entry;
    std::optional<Answer> answer;  // a good one
    uint64_t answers = 0;          // to be given to AnswerSince
  };

  // `clock` outlives the cache.
  AnswerCache(size_t entries_max, const Clock& clock) : entries_max_(entries_max), clock_(clock) {}

  // The entry of `key`, made where there is none.
  Found Find(const std::string& key);
  // What came after `answers` was counted, good or not; nothing when none did.
  std::optional<Answer> AnswerSince(const Entry& entry, uint64_t answers);
  // Good for `ttl`; zero: only for those that wait for it.
  void Store(Entry& entry, Answer answer, Duration ttl);

  void Clear();
  size_t size() const;

 private:
  struct Node {
    std::string key;
    std::shared_ptr<Entry> entry;
  };

  const size_t entries_max_;
  const Clock& clock_;
  mutable Mutex mutex_;
  std::list<Node> nodes_;  // the most recently used first
  std::unordered_map<std::string, std::list<Node>::iterator> by_key_;
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_DNS_ANSWER_CACHE_H_
