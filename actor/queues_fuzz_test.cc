// Sequences of operations on the package's queues, beside a deque that does the same.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <vector>

#include "actor/actor.h"
#include "actor/internal/envelope.h"
#include "actor/internal/inbox.h"
#include "actor/internal/pair_queue.h"
#include "actor/mpmc_ring.h"
#include "actor/mpsc_ring.h"
#include "actor/spsc_ring.h"
#include "actor/testing.h"
#include "base/check.h"

namespace zokio {
namespace {

using Oracle = std::deque<uint32_t>;

class Input {
 public:
  Input(const uint8_t* data, size_t size) : at_(data), end_(data + size) {}
  bool empty() const { return at_ == end_; }
  uint32_t Next() { return empty() ? 0 : *at_++; }
  uint32_t Below(uint32_t bound) { return Next() % bound; }

 private:
  const uint8_t* at_;
  const uint8_t* const end_;
};

// Takes `count` elements from the oracle's front and the queue's answer, which must be the same.
class Taker {
 public:
  explicit Taker(Oracle& oracle) : oracle_(oracle) {}
  void operator()(uint32_t value) {
    ZOKIO_CHECK(!oracle_.empty() && oracle_.front() == value, "the queue's order");
    oracle_.pop_front();
  }

 private:
  Oracle& oracle_;
};

void FuzzSpsc(Input in) {
  SpscRing<uint32_t> ring(size_t{1} << in.Below(5));
  Oracle visible;
  Oracle staged;
  size_t seen = 0;  // of the visible ones, that the consumer knows of
  uint32_t next = 0;
  const auto room = [&] { return ring.capacity() - visible.size() - staged.size(); };
  const auto publish = [&] {
    visible.insert(visible.end(), staged.begin(), staged.end());
    staged.clear();
  };
  Taker take(visible);
  while (!in.empty()) {
    const uint32_t operation = in.Below(6);
    const size_t count = in.Below(20);
    switch (operation) {
      case 0: {
        const bool fits = room() != 0;
        ZOKIO_CHECK(ring.Stage(next) == fits, "Stage");
        if (fits) staged.push_back(next++);
        break;
      }
      case 1:
        ring.Publish();
        publish();
        break;
      case 2: {
        const size_t fit = std::min(count, room());
        const size_t pushed =
            ring.TryPushBatch(count, [&](size_t i) { return next + static_cast<uint32_t>(i); });
        ZOKIO_CHECK(pushed == fit, "TryPushBatch");
        for (size_t i = 0; i < fit; ++i) staged.push_back(next++);
        if (fit != 0) publish();
        break;
      }
      case 3: {
        if (seen < count) seen = visible.size();
        const size_t expected = std::min(seen, count);
        ZOKIO_CHECK(ring.Drain(count, take) == expected, "Drain");
        seen -= expected;
        break;
      }
      case 4:
        ring.Observe();
        seen = visible.size();
        if (seen > count) ZOKIO_CHECK(*ring.Peek(count) == visible[count], "Peek");
        if (seen <= count) ZOKIO_CHECK(ring.Peek(count) == nullptr, "Peek beyond");
        break;
      default: {
        const size_t expected = std::min(seen, count);
        ZOKIO_CHECK(ring.DrainObserved(count, take) == expected, "DrainObserved");
        seen -= expected;
      }
    }
    ZOKIO_CHECK(ring.staged() == staged.size() && ring.size() == visible.size() &&
                    ring.empty() == visible.empty(),
                "sizes");
  }
}

template <typename Ring>
void FuzzShared(Input in) {
  Ring ring(size_t{2} << in.Below(4));
  Oracle oracle;
  uint32_t next = 0;
  Taker take(oracle);
  while (!in.empty()) {
    const uint32_t operation = in.Below(4);
    const size_t count = in.Below(24);
    const size_t room = ring.capacity() - oracle.size();
    if (operation == 0) {
      ZOKIO_CHECK(ring.TryPush(next) == (room != 0), "TryPush");
      if (room != 0) oracle.push_back(next++);
    } else if (operation == 1) {
      const size_t fit = std::min(count, room);
      const size_t pushed =
          ring.TryPushBatch(count, [&](size_t i) { return next + static_cast<uint32_t>(i); });
      ZOKIO_CHECK(pushed == fit, "TryPushBatch");
      for (size_t i = 0; i < fit; ++i) oracle.push_back(next++);
    } else if (operation == 2) {
      uint32_t value = 0;
      const bool any = !oracle.empty();
      ZOKIO_CHECK(ring.TryPop(value) == any, "TryPop");
      if (any) take(value);
    } else {
      const size_t expected = std::min(count, oracle.size());
      ZOKIO_CHECK(ring.Drain(count, take) == expected, "Drain");
    }
    ZOKIO_CHECK(ring.empty() == oracle.empty(), "empty");
  }
}

struct Node {
  Node* next = nullptr;
  uint32_t value = 0;
};

void FuzzPairQueue(Input in) {
  std::list<Node> nodes;
  internal::PairQueue<Node> queue(size_t{1} << in.Below(4));
  Oracle staged;
  Oracle published;
  Oracle observed;
  bool taken = true;
  const auto take_observed = [&] {
    Taker take(observed);
    const size_t expected = observed.size();
    const size_t count = queue.TakeObserved([&](Node* node) { take(node->value); }, [](Node*) {});
    ZOKIO_CHECK(count == expected, "TakeObserved");
    taken = true;
  };
  while (!in.empty()) {
    switch (in.Below(5)) {
      case 0:
      case 1:
        nodes.push_back(Node{nullptr, static_cast<uint32_t>(nodes.size())});
        staged.push_back(nodes.back().value);
        queue.Stage(&nodes.back());
        break;
      case 2:
        queue.Publish();
        published.insert(published.end(), staged.begin(), staged.end());
        staged.clear();
        break;
      case 3:
        if (!taken) take_observed();
        queue.Observe();
        observed = std::exchange(published, Oracle());
        taken = false;
        break;
      default:
        if (!taken) take_observed();
    }
    ZOKIO_CHECK(queue.staged() == staged.size(), "staged");
    if (taken) ZOKIO_CHECK(queue.empty() == published.empty(), "empty");
  }
  if (!taken) take_observed();
}

void FuzzInbox(Input in) {
  std::list<Node> nodes;
  internal::Inbox<Node> inbox;
  Oracle oracle;
  while (!in.empty()) {
    if (in.Below(4) != 0) {
      nodes.push_back(Node{nullptr, static_cast<uint32_t>(nodes.size())});
      oracle.push_back(nodes.back().value);
      inbox.Push(&nodes.back());
      continue;
    }
    Taker take(oracle);
    for (Node* node = inbox.TakeAll(); node != nullptr; node = node->next) take(node->value);
    ZOKIO_CHECK(oracle.empty() && inbox.empty(), "all is taken");
  }
}

void FuzzMailList(Input in) {
  struct Mail : internal::Envelope {
    uint32_t value = 0;
  };
  std::list<Mail> mails;
  std::array<internal::EnvelopeList, 2> lists;
  std::array<Oracle, 2> oracles;
  const auto value_of = [](internal::Envelope* e) { return static_cast<Mail*>(e)->value; };
  while (!in.empty()) {
    const size_t at = in.Below(2);
    internal::EnvelopeList& list = lists[at];
    Oracle& oracle = oracles[at];
    switch (in.Below(4)) {
      case 0:
        mails.emplace_back();
        mails.back().value = static_cast<uint32_t>(mails.size());
        oracle.push_back(mails.back().value);
        list.PushBack(&mails.back());
        break;
      case 1:
        if (!oracle.empty()) Taker{oracle}(value_of(list.PopFront()));
        break;
      case 2: {
        const uint32_t divisor = 1 + in.Below(5);
        const auto wanted = [&](uint32_t value) { return value % divisor == 0; };
        auto found = std::find_if(oracle.begin(), oracle.end(), wanted);
        internal::Envelope* taken = list.TakeFirst(
            [&](internal::Envelope& e) { return wanted(static_cast<Mail&>(e).value); });
        ZOKIO_CHECK((taken == nullptr) == (found == oracle.end()), "TakeFirst");
        if (taken == nullptr) break;
        ZOKIO_CHECK(value_of(taken) == *found, "TakeFirst");
        oracle.erase(found);
        break;
      }
      default:
        list.Prepend(&lists[1 - at]);
        oracle.insert(oracle.begin(), oracles[1 - at].begin(), oracles[1 - at].end());
        oracles[1 - at].clear();
    }
    ZOKIO_CHECK(list.empty() == oracle.empty(), "empty");
    if (!oracle.empty()) ZOKIO_CHECK(value_of(list.front()) == oracle.front(), "front");
  }
  for (size_t at : {0u, 1u}) {
    while (!lists[at].empty()) Taker{oracles[at]}(value_of(lists[at].PopFront()));
  }
}

struct Plain {
  uint32_t value;
};
struct Pressing {
  uint32_t value;
};

template <Overflow overflow>
class Bounded : public Actor<Bounded<overflow>, Plain, Pressing> {
 public:
  static constexpr MailboxOptions kMailbox{4, overflow};
  using Urgent = UrgentMessages<Pressing>;
  explicit Bounded(std::vector<uint32_t>& seen) : seen_(seen) {}
  void On(const Plain& plain) { seen_.push_back(plain.value); }
  void On(const Pressing& pressing) { seen_.push_back(pressing.value); }

 private:
  std::vector<uint32_t>& seen_;
};

// What is told between two runs is taken in as a whole, then handled.
template <Overflow overflow>
void FuzzMailbox(Input in) {
  std::vector<uint32_t> seen;
  testing::ManualSystem system;
  auto actor = system->template Spawn<Bounded<overflow>>(seen);
  system.Run();
  Oracle urgent;
  Oracle mail;
  uint64_t dropped = 0;
  uint32_t next = 0;
  while (!in.empty()) {
    const uint32_t operation = in.Below(8);
    if (operation == 0) {
      system.Run();
      urgent.insert(urgent.end(), mail.begin(), mail.end());
      ZOKIO_CHECK(std::equal(seen.begin(), seen.end(), urgent.begin(), urgent.end()), "handled");
      ZOKIO_CHECK(system->Stats().dead_letters == dropped, "dropped");
      seen.clear();
      urgent.clear();
      mail.clear();
    } else if (operation == 1) {
      urgent.push_back(next);
      actor.Tell(Pressing{next++});
    } else {
      actor.Tell(Plain{next});
      if (overflow == Overflow::kWait || urgent.size() + mail.size() < 4) {
        mail.push_back(next);
      } else {
        ++dropped;
        if (overflow == Overflow::kDropOldest && !mail.empty()) {
          mail.pop_front();
          mail.push_back(next);
        }
      }
      ++next;
    }
  }
}

}  // namespace
}  // namespace zokio

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using zokio::Overflow;
  zokio::Input in(data, size);
  switch (in.Below(10)) {
    case 0:
      zokio::FuzzSpsc(in);
      break;
    case 1:
      zokio::FuzzShared<zokio::MpscRing<uint32_t>>(in);
      break;
    case 2:
      zokio::FuzzShared<zokio::MpmcRing<uint32_t>>(in);
      break;
    case 3:
      zokio::FuzzPairQueue(in);
      break;
    case 4:
      zokio::FuzzInbox(in);
      break;
    case 5:
      zokio::FuzzMailList(in);
      break;
    case 6:
      zokio::FuzzMailbox<Overflow::kWait>(in);
      break;
    case 7:
      zokio::FuzzMailbox<Overflow::kDropNewest>(in);
      break;
    case 8:
      zokio::FuzzMailbox<Overflow::kDropOldest>(in);
      break;
    default:
      zokio::FuzzMailbox<Overflow::kFail>(in);
  }
  return 0;
}
