#include "io/dns/answer_cache.h"

#include <utility>

namespace zokio::io {

AnswerCache::Found AnswerCache::Find(const std::string& key) {
  std::shared_ptr<Entry> evicted;  // dropped outside the lock
  Found found;
  MutexLock lock(mutex_);
  if (const auto at = by_key_.find(key); at != by_key_.end()) {
    nodes_.splice(nodes_.begin(), nodes_, at->second);
  } else {
    if (nodes_.size() >= entries_max_ && !nodes_.empty()) {
      evicted = std::move(nodes_.back().entry);
      by_key_.erase(nodes_.back().key);
      nodes_.pop_back();
    }
    nodes_.push_front(Node{key, std::make_shared<Entry>()});
    by_key_[key] = nodes_.begin();
  }
  found.entry = nodes_.front().entry;
  found.answers = found.entry->answers;
  if (clock_.Now() < found.entry->expires) found.answer = found.entry->answer;
  lock.Unlock();
  return found;
}

std::optional<AnswerCache::Answer> AnswerCache::AnswerSince(const Entry& entry, uint64_t answers) {
  MutexLock lock(mutex_);
  if (entry.answers == answers) return std::nullopt;
  return entry.answer;
}

void AnswerCache::Store(Entry& entry, Answer answer, Duration ttl) {
  MutexLock lock(mutex_);
  std::swap(entry.answer, answer);
  entry.expires = SaturatingAdd(clock_.Now(), ttl);
  ++entry.answers;
  lock.Unlock();  // before the old answer is dropped
}

void AnswerCache::Clear() {
  std::list<Node> dropped;
  MutexLock lock(mutex_);
  dropped.swap(nodes_);
  by_key_.clear();
  lock.Unlock();
}

size_t AnswerCache::size() const {
  MutexLock lock(mutex_);
  return nodes_.size();
}

}  // namespace zokio::io
