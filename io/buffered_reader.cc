#include "io/buffered_reader.h"

#include <algorithm>
#include <span>

#include "simd/find.h"

namespace zokio {

Task<Result<bool>> BufferedReader::Gather() {
  if (!lease_.empty()) {
    gathered_.append(lease_.view());
    lease_ = Lease();
  }
  Result<Lease> next = co_await stream_->Read();
  if (!next.ok()) co_return next.error();
  lease_ = *std::move(next);
  co_return !lease_.empty();
}

size_t BufferedReader::FindBehind(char delimiter, size_t searched) const {
  const auto byte = static_cast<uint8_t>(delimiter);
  // Of what was gathered only the part that was a lease until now may have it.
  const auto* head = reinterpret_cast<const uint8_t*>(gathered_.data());
  if (searched < gathered_.size()) {
    const std::span<const uint8_t> part(head + searched, gathered_.size() - searched);
    const size_t place = simd::FindByte(part, byte);
    if (place < part.size()) return searched + place + 1;
  }
  const std::span<const uint8_t> tail = lease_.span();
  const size_t skip = searched > gathered_.size() ? searched - gathered_.size() : 0;
  const size_t place = simd::FindByte(tail.subspan(skip), byte);
  return skip + place < tail.size() ? gathered_.size() + skip + place + 1 : 0;
}

std::string BufferedReader::Consume(size_t size) {
  std::string text;
  if (!gathered_.empty()) {
    const size_t part = std::min(size, gathered_.size());
    text.swap(gathered_);
    gathered_.assign(text, part, std::string::npos);
    text.resize(part);
    size -= part;
  }
  text.append(lease_.view().substr(0, size));
  lease_.RemovePrefix(size);
  if (lease_.empty()) lease_ = Lease();  // its buffer goes back now
  return text;
}

Task<Result<std::string>> BufferedReader::ReadUntil(char delimiter, size_t size_max) {
  size_t searched = 0;
  while (true) {
    const size_t behind = FindBehind(delimiter, searched);
    if (behind > size_max || (behind == 0 && buffered() >= size_max)) {
      co_return Error(ErrorCode::kOutOfRange, "read until");
    }
    if (behind > 0) co_return Consume(behind);
    searched = buffered();
    const Result<bool> more = co_await Gather();
    if (!more.ok()) co_return more.error();
    if (*more) continue;
    if (buffered() == 0) co_return std::string();
    co_return Error(ErrorCode::kEndOfStream, "read until");
  }
}

Task<Result<std::string>> BufferedReader::ReadExactly(size_t size) {
  while (buffered() < size) {
    const Result<bool> more = co_await Gather();
    if (!more.ok()) co_return more.error();
    if (!*more) co_return Error(ErrorCode::kEndOfStream, "read exactly");
  }
  co_return Consume(size);
}

Task<Result<std::string>> BufferedReader::ReadSome() {
  if (buffered() == 0) {
    const Result<bool> more = co_await Gather();
    if (!more.ok()) co_return more.error();
  }
  co_return Consume(buffered());
}

}  // namespace zokio
