#include "io/write_vector.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

#include "io/error_subject.h"
#include "io/internal/socket_calls.h"
#include "io/internal/socket_wait.h"

namespace zokio {
namespace {

constexpr size_t kGatherMax = 64;

}  // namespace

std::optional<Error> WriteAllVector::Gone() {
  io::SmallLockGuard guard(socket_->lock);
  if (!holds_) {
    holds_ = true;
    ++socket_->refs;
  }
  return io::GoneErrorLocked(socket_, "write");
}

bool WriteAllVector::AtEnd() {
  while (first_ < pieces_.size() && offset_ == pieces_[first_].bytes().size()) {
    ++first_;
    offset_ = 0;
  }
  return first_ == pieces_.size();
}

int32_t WriteAllVector::Gather() const {
  std::array<std::span<const uint8_t>, kGatherMax> list;
  const size_t count = std::min(pieces_.size() - first_, kGatherMax);
  for (size_t i = 0; i < count; ++i) list[i] = pieces_[first_ + i].bytes();
  list[0] = list[0].subspan(offset_);
  return io::TrySendVector(socket_->handle, std::span(list).first(count));
}

void WriteAllVector::Advance(size_t count) {
  while (count > 0) {
    const size_t part = std::min(count, pieces_[first_].bytes().size() - offset_);
    offset_ += part;
    count -= part;
    (void)AtEnd();
  }
}

Poll<Result<void>> WriteAllVector::Continue(Context& context) {
  using Output = Result<void>;
  if (socket_ == nullptr) return Output(Error(ErrorCode::kClosed, "write"));
  io::Loop* loop = io::Loop::Current();
  if (loop == nullptr) return Output(Error(ErrorCode::kWrongThread, "write"));
  while (true) {
    if (rest_.has_value()) {
      Poll<Output> poll = rest_->poll(context);
      if (poll.pending() || !poll.value().ok()) return poll;
      rest_.reset();
      ++first_;
      offset_ = 0;
    }
    if (AtEnd()) return Output();
    if (const std::optional<Error> gone = Gone()) return Output(*gone);
    if (!context.SpendBudget()) return kPending;
    const int32_t sent = Gather();
    if (sent >= 0) {
      loop->counters().speculative_calls.Add(1);
      loop->counters().bytes_written.Add(static_cast<uint64_t>(sent));
      Advance(static_cast<size_t>(sent));
      continue;
    }
    if (sent != -EAGAIN) return Output(io::ErrorOn(-sent, "write", socket_->handle));
    loop->counters().speculative_misses.Add(1);
    io::OwnedBytes left = pieces_[first_].Own(offset_, loop->pool());
    if (left.data() == nullptr) return Output(Error(ErrorCode::kOutOfMemory, "write"));
    rest_.emplace(socket_, io::WriteData(std::move(left)));
  }
}

}  // namespace zokio
