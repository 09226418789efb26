#include "io/backend/fault.h"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "base/random.h"

namespace zokio::io {
namespace {

bool IsTransfer(const OpBase* op) {
  return op->kind == OpKind::kSend || op->kind == OpKind::kFileRead ||
         op->kind == OpKind::kFileWrite;
}

class FaultBackend final : public Backend {
 public:
  FaultBackend(std::unique_ptr<Backend> inner, const FaultOptions& options, FaultCounts* counts)
      : inner_(std::move(inner)),
        options_(options),
        counts_(counts == nullptr ? &own_counts_ : counts),
        random_(options.seed) {}

  const BackendReport& report() const override { return inner_->report(); }
  bool completes() const override { return inner_->completes(); }
  bool Handles(OpKind kind) const override { return inner_->Handles(kind); }
  bool RegisterMemory(std::span<uint8_t> memory) override { return inner_->RegisterMemory(memory); }
  uint32_t links_max() const override { return inner_->links_max(); }
  void Attach(BufferPool* pool, BufferPool* large) override { inner_->Attach(pool, large); }
  uint32_t Detach() override {
    HandOn(/*all=*/true);
    return inner_->Detach();
  }
  uint32_t buffers_held() const override { return inner_->buffers_held(); }
  void OnOutOfBuffers(bool large) override { inner_->OnOutOfBuffers(large); }
  void Submit(std::span<const Request> requests) override;
  int Reap(std::span<Completion> out, bool wait, Instant deadline) override;
  void Wake() override { inner_->Wake(); }
  BackendStats stats() const override { return inner_->stats(); }

 private:
  // What the kernel's answer is kept back with; the socket itself may be gone when it is dropped.
  struct Held {
    Completion completion;
    NativeHandle handle;
  };

  bool Roll(uint32_t of_thousand) { return random_.Below(1000) < of_thousand; }
  bool FailStart(const Request& request);
  void HandOn(bool all);
  void Forward(const Request& request);
  void ForwardChain(std::span<const Request> chain);
  void SubmitShort(std::span<const Request> requests);
  void Keep(const Completion& completion) { held_.push_back({completion, completion.op->handle}); }
  int DeliverHeld(std::span<Completion> out);

  const std::unique_ptr<Backend> inner_;
  const FaultOptions options_;
  FaultCounts own_counts_;
  FaultCounts* const counts_;
  Random random_;
  std::vector<Request> late_;
  std::vector<Held> held_;
  std::vector<Completion> fresh_;
};

// Answers for the kernel: nothing was begun.
bool FaultBackend::FailStart(const Request& request) {
  if (!completes() || request.action != Action::kStart || !Roll(options_.failed_starts)) {
    return false;
  }
  int32_t result = -EINTR;
  switch (request.op->kind) {
    case OpKind::kStream:
      if (random_.Below(2) == 0) result = -ENOBUFS;
      break;
    case OpKind::kListener:
    case OpKind::kSend:
    case OpKind::kReceive:
      break;
    default:
      if (!IsFileKind(request.op->kind)) return false;
  }
  ++counts_->failed_starts;
  Keep({request.op, result, kNoBuffer, /*more=*/false});
  return true;
}

void FaultBackend::Forward(const Request& request) {
  if (FailStart(request)) return;
  if (completes() && request.action == Action::kStart && Roll(options_.short_transfers)) {
    SubmitShort({&request, 1});
  } else {
    inner_->Submit({&request, 1});
  }
}

// The last of them is asked for less than it wants, where it is a transfer.
void FaultBackend::SubmitShort(std::span<const Request> requests) {
  OpBase* op = requests.back().op;
  if (!IsTransfer(op) || static_cast<Operation*>(op)->bytes.size() < 2) {
    return inner_->Submit(requests);
  }
  // The kernel reads the size while it is handed the request, and only then.
  OwnedBytes& bytes = static_cast<Operation*>(op)->bytes;
  const size_t whole = bytes.size();
  ++counts_->short_transfers;
  bytes.Truncate(1 + random_.Below(static_cast<uint32_t>(std::min<size_t>(whole - 1, 1 << 20))));
  inner_->Submit(requests);
  bytes.Truncate(whole);
}

// A chain may break at any link: that one is interrupted or does less than it was asked for, and
// the kernel cancels those behind it.
void FaultBackend::ForwardChain(std::span<const Request> chain) {
  if (!Roll(options_.short_transfers)) return inner_->Submit(chain);
  const size_t broken = random_.Below(static_cast<uint32_t>(chain.size()));
  std::vector<Request> whole(chain.begin(), chain.begin() + static_cast<ptrdiff_t>(broken));
  if (whole.empty()) {
    ++counts_->failed_starts;
    Keep({chain[0].op, -EINTR, kNoBuffer, /*more=*/false});
  } else {
    whole.back().linked = false;
    SubmitShort(whole);
  }
  for (const Request& request : chain.subspan(std::max<size_t>(broken, 1))) {
    Keep({request.op, -ECANCELED, kNoBuffer, /*more=*/false});
  }
}

void FaultBackend::Submit(std::span<const Request> requests) {
  for (size_t i = 0; i < requests.size(); ++i) {
    const Request& request = requests[i];
    if (request.linked) {
      const size_t begin = i;
      while (requests[i].linked) ++i;
      ForwardChain(requests.subspan(begin, i + 1 - begin));
      continue;
    }
    // What concerns one operation or handle stays in order.
    const bool behind = std::any_of(late_.begin(), late_.end(), [&](const Request& other) {
      return other.op == request.op || other.handle == request.handle;
    });
    if (request.action == Action::kClose) {
      std::erase_if(held_, [&](const Held& held) { return held.handle == request.handle; });
    }
    // A registration may be of a socket that is gone by now; its close must not wait, then.
    if (completes() && (behind || Roll(options_.late_requests))) {
      ++counts_->late_requests;
      late_.push_back(request);
    } else {
      Forward(request);
    }
  }
}

void FaultBackend::HandOn(bool all) {
  std::vector<Request> late = std::exchange(late_, {});
  for (const Request& request : late) {
    const bool behind = std::any_of(late_.begin(), late_.end(), [&](const Request& other) {
      return other.op == request.op || other.handle == request.handle;
    });
    if (!all && (behind || random_.Below(2) == 0)) {
      late_.push_back(request);
    } else {
      Forward(request);
    }
  }
}

// Some of what is kept back, at random, but an operation's oldest first.
int FaultBackend::DeliverHeld(std::span<Completion> out) {
  int filled = 0;
  std::vector<Held> rest;
  for (const Held& held : held_) {
    const bool behind = std::any_of(rest.begin(), rest.end(), [&](const Held& other) {
      return other.completion.op == held.completion.op;
    });
    if (!behind && filled < static_cast<int>(out.size()) && random_.Below(2) == 0) {
      out[filled++] = held.completion;
    } else {
      rest.push_back(held);
    }
  }
  held_ = std::move(rest);
  return filled;
}

int FaultBackend::Reap(std::span<Completion> out, bool wait, Instant deadline) {
  HandOn(/*all=*/false);
  if (Roll(options_.stalls)) {
    ++counts_->stalls;
    return DeliverHeld(out);
  }
  // Kept back: what came is the older; it must not be waited for what never comes.
  wait = wait && held_.empty() && late_.empty();
  fresh_.resize(out.size());
  const int count = inner_->Reap(fresh_, wait, deadline);
  for (int i = 0; i < count; ++i) {
    Completion& completion = fresh_[static_cast<size_t>(i)];
    if (completion.result >= 0 && !completes() && Roll(options_.false_readiness)) {
      ++counts_->false_readiness;
      completion.result |= kReadyRead | kReadyWrite;
    }
    Keep(completion);
  }
  if (!Roll(options_.late_completions)) {
    // As the kernel gave it.
    int filled = 0;
    while (filled < static_cast<int>(std::min(held_.size(), out.size()))) {
      out[filled] = held_[static_cast<size_t>(filled)].completion;
      ++filled;
    }
    held_.erase(held_.begin(), held_.begin() + filled);
    return filled;
  }
  counts_->late_completions += held_.empty() ? 0 : 1;
  return DeliverHeld(out);
}

}  // namespace

std::unique_ptr<Backend> CreateFaultBackend(std::unique_ptr<Backend> inner,
                                            const FaultOptions& options, FaultCounts* counts) {
  return std::make_unique<FaultBackend>(std::move(inner), options, counts);
}

}  // namespace zokio::io
