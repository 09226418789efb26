// WatcherSet: who is told when an actor ends, each once.
//
// Thread-safety: none.
// Cost: a scan of up to 16; an index beside the list where there are more.
#ifndef ZOKIO_ACTOR_INTERNAL_WATCHER_SET_H_
#define ZOKIO_ACTOR_INTERNAL_WATCHER_SET_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "actor/actor_id.h"
#include "actor/internal/cell.h"

namespace zokio::internal {

// How an actor ended.
enum class Ending : uint8_t {
  kStopped,
  kFailed,   // it was stopped because it had failed
  kKilled,   // somebody cut it short: who is linked fails, who watches hears of a stop
  kUnknown,  // before anybody asked
};

struct Watcher {
  // Sends the watcher, of whatever type, its notice.
  using Notify = void (*)(ActorId watcher, ActorId ended, Ending ending);

  friend bool operator==(const Watcher&, const Watcher&) = default;

  ActorId id;
  Notify notify;
};

class WatcherSet {
 public:
  // Who watches already is left as it is.
  void Add(const Watcher& watcher) {
    if (Find(watcher) != list_.size()) return;
    if (list_.size() == list_.capacity()) ForgetTheDead();
    list_.push_back(watcher);
    if (!index_.empty() || list_.size() > kScannedMax) IndexFrom(index_.size());
  }
  void Remove(const Watcher& watcher) {
    const size_t at = Find(watcher);
    if (at == list_.size()) return;
    list_[at] = list_.back();
    if (!index_.empty()) {
      index_[list_[at]] = at;
      index_.erase(watcher);
    }
    list_.pop_back();
  }
  size_t size() const { return list_.size(); }
  auto begin() const { return list_.begin(); }
  auto end() const { return list_.end(); }

 private:
  static constexpr size_t kScannedMax = 16;

  struct Hash {
    size_t operator()(const Watcher& watcher) const {
      return std::hash<ActorId>()(watcher.id) ^ std::hash<Watcher::Notify>()(watcher.notify);
    }
  };

  // Its place, or the size.
  size_t Find(const Watcher& watcher) const {
    if (index_.empty()) {
      return static_cast<size_t>(std::find(list_.begin(), list_.end(), watcher) - list_.begin());
    }
    const auto found = index_.find(watcher);
    return found != index_.end() ? found->second : list_.size();
  }
  void IndexFrom(size_t first) {
    for (size_t at = first; at < list_.size(); ++at) index_[list_[at]] = at;
  }
  // Before the list grows: so it is at most about twice as long as it must be.
  void ForgetTheDead() {
    if (std::erase_if(list_, [](const Watcher& w) { return !IsAlive(w.id); }) != 0) {
      index_.clear();
      if (list_.size() > kScannedMax) IndexFrom(0);
    }
    list_.reserve(2 * list_.size() + 4);
  }

  std::vector<Watcher> list_;
  std::unordered_map<Watcher, size_t, Hash> index_;  // empty, or of all that is in the list
};

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_WATCHER_SET_H_
