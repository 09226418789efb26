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
  void Attach(BufferPool* pool) override { inner_->Attach(pool); }
  uint32_t Detach() override {
    HandOn(/*all=*/true);
    return inner_->Detach();
  }
  uint32_t buffers_held() const override { return inner_->buffers_held(); }
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
  if (completes() && request.action == Action::kStart && IsTransfer(request.op) &&
      Roll(options_.short_transfers)) {
    OwnedBytes& bytes = static_cast<Operation*>(request.op)->bytes;
    const size_t whole = bytes.size();
    if (whole > 1) {
      // The kernel reads the size while it is handed the request, and only then.
      ++counts_->short_transfers;
      bytes.Truncate(1 +
                     random_.Below(static_cast<uint32_t>(std::min<size_t>(whole - 1, 1 << 20))));
      inner_->Submit({&request, 1});
      bytes.Truncate(whole);
      return;
    }
  }
  inner_->Submit({&request, 1});
}

void FaultBackend::Submit(std::span<const Request> requests) {
  for (const Request& request : requests) {
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
