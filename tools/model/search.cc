#include "tools/model/search.h"

#include <bit>

#include "tools/model/execution.h"

namespace zokio::model {

void Search::Begin(Execution& execution) {
  execution_ = &execution;
  depth_ = 0;
  thread_node_ = 0;
  asleep_ = 0;
  preemptions_ = 0;
  if (reduced_) reduction_.Clear();
}

int Search::PickThread(ThreadMask enabled, int current) {
  const bool may_continue = current >= 0 && (enabled & Bit(current)) != 0;
  if (depth_ == stack_.size()) {
    Node node;
    node.enabled = enabled;
    node.preemptions = preemptions_;
    ThreadMask allowed = enabled;
    if (reduced_) {
      node.asleep = asleep_;
      allowed = enabled & ~asleep_;
      if (allowed == 0) return kRedundant;
    } else if (may_continue && preemptions_ >= preemptions_max_) {
      allowed = Bit(current);
    }
    node.chosen =
        may_continue && (allowed & Bit(current)) != 0 ? current : std::countr_zero(allowed);
    node.to_explore = reduced_ ? Bit(node.chosen) : allowed;
    stack_.push_back(node);
  }
  const Node& node = stack_[depth_];
  if (node.data || node.enabled != enabled) return kDiverged;
  thread_node_ = depth_++;
  if (may_continue && node.chosen != current) ++preemptions_;
  return node.chosen;
}

int Search::PickData(int count) {
  if (depth_ == stack_.size()) {
    Node node;
    node.data = true;
    node.count = count;
    stack_.push_back(node);
  }
  const Node& node = stack_[depth_];
  if (!node.data || node.count != count) return kDiverged;
  ++depth_;
  return node.chosen;
}

bool Search::MayReadStale(const Object& object, int thread) {
  return !reduced_ || reduction_.NewestIsOrderedBefore(object, thread);
}

void Search::ThreadStarted(int parent, int child) {
  if (reduced_) reduction_.ThreadStarted(parent, child);
}

void Search::BeforeStep(int thread, const Operation& operation) {
  if (reduced_ && thread_node_ >= fresh_from_) Explore(thread, operation);
}

void Search::Explore(int thread, const Operation& operation) {
  races_.clear();
  reduction_.FindRaces(thread, operation, execution_->steps(), races_);
  for (const Reduction::Race& race : races_) AddBacktrack(race);
}

void Search::AddBacktrack(const Reduction::Race& race) {
  Node& node = stack_[execution_->steps()[race.step].node];
  // A sleeping initial counts: all that begins with it was explored before.
  if ((race.initials & (node.to_explore | node.explored | node.asleep)) != 0) return;
  const ThreadMask able = race.initials & node.enabled;
  if (able != 0) {
    node.to_explore |=
        (able & Bit(race.thread)) != 0 ? Bit(race.thread) : Bit(std::countr_zero(able));
  } else if (race.same_operation) {
    // It waited there already, for what the other step gave: they cannot change places.
  } else {
    node.to_explore |= node.enabled;
  }
}

void Search::AfterStep(Step& step) {
  step.node = static_cast<uint32_t>(thread_node_);
  if (!reduced_) return;
  reduction_.Record(step, static_cast<int>(execution_->steps().size()));
  const Node& node = stack_[thread_node_];
  ThreadMask asleep = (node.asleep | node.explored) & ~Bit(step.thread);
  for (ThreadMask rest = asleep; rest != 0; rest &= rest - 1) {
    const int thread = std::countr_zero(rest);
    if (!Independent(execution_->pending(thread), step.operation)) asleep &= ~Bit(thread);
  }
  asleep_ = asleep;
}

bool Search::Next() {
  while (!stack_.empty()) {
    Node& node = stack_.back();
    if (node.data) {
      if (++node.chosen < node.count) break;
    } else {
      node.explored |= Bit(node.chosen);
      const ThreadMask rest = node.to_explore & ~node.explored & ~node.asleep;
      if (rest != 0) {
        node.chosen = std::countr_zero(rest);
        break;
      }
    }
    stack_.pop_back();
  }
  fresh_from_ = stack_.empty() ? 0 : stack_.size() - 1;
  return !stack_.empty();
}

}  // namespace zokio::model
