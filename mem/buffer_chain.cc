#include "mem/buffer_chain.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace zokio {
namespace {

// Holds several short writes; with its count it is a block of a page's half.
constexpr size_t kTailBlock = 2000;

}  // namespace

// The room stays with the original: two chains must not write behind the same end.
BufferChain::BufferChain(const BufferChain& other)
    : buffers_(other.buffers_.begin() + static_cast<ptrdiff_t>(other.first_), other.buffers_.end()),
      size_(other.size_) {}

BufferChain& BufferChain::operator=(BufferChain&& other) noexcept {
  if (this == &other) return *this;
  buffers_ = std::move(other.buffers_);
  other.buffers_.clear();
  first_ = std::exchange(other.first_, 0);
  size_ = std::exchange(other.size_, 0);
  tail_room_ = std::exchange(other.tail_room_, 0);
  return *this;
}

void BufferChain::Append(Buffer buffer) {
  if (buffer.empty()) return;
  size_ += buffer.size();
  buffers_.push_back(std::move(buffer));
  tail_room_ = 0;
}

void BufferChain::Append(const BufferChain& chain) { Append(BufferChain(chain)); }

void BufferChain::Append(BufferChain&& chain) {
  BufferChain taken = std::move(chain);  // also where it is this chain
  for (size_t i = taken.first_; i < taken.buffers_.size(); ++i) {
    Append(std::move(taken.buffers_[i]));
  }
  tail_room_ = taken.tail_room_;
}

bool BufferChain::Append(std::span<const uint8_t> bytes) {
  const size_t in_tail = std::min(bytes.size(), tail_room_);
  Buffer rest;
  const size_t left = bytes.size() - in_tail;
  if (left > 0) {
    rest = Buffer::Allocate(std::max(left, left <= Buffer::kCopyMax ? kTailBlock : 0));
    if (rest.empty()) return false;
  }
  if (in_tail > 0) {
    // The Buffer grows over room that nobody else knows of.
    Buffer& tail = buffers_.back();
    std::memcpy(tail.mutable_data() + tail.size(), bytes.data(), in_tail);
    tail.GrowSuffix(in_tail);
    tail_room_ -= in_tail;
    size_ += in_tail;
  }
  if (left > 0) {
    std::memcpy(rest.mutable_data(), bytes.data() + in_tail, left);
    const size_t room = rest.size() - left;
    rest.RemoveSuffix(room);
    Append(std::move(rest));
    tail_room_ = room;
  }
  return true;
}

void BufferChain::Prepend(Buffer buffer) {
  if (buffer.empty()) return;
  size_ += buffer.size();
  if (first_ > 0) {
    buffers_[--first_] = std::move(buffer);
  } else {
    buffers_.insert(buffers_.begin(), std::move(buffer));
  }
}

void BufferChain::DropConsumed() {
  if (first_ == buffers_.size()) {
    buffers_.clear();
    first_ = 0;
    tail_room_ = 0;
  } else if (first_ >= 32 && first_ * 2 >= buffers_.size()) {
    buffers_.erase(buffers_.begin(), buffers_.begin() + static_cast<ptrdiff_t>(first_));
    first_ = 0;
  }
}

void BufferChain::Consume(size_t count) {
  ZOKIO_CHECK(count <= size_, "Consume beyond the chain");
  size_ -= count;
  while (count > 0) {
    Buffer& front = buffers_[first_];
    if (count < front.size()) {
      front.RemovePrefix(count);
      break;
    }
    count -= front.size();
    front = Buffer();
    ++first_;
  }
  DropConsumed();
}

BufferChain BufferChain::Split(size_t count) {
  ZOKIO_CHECK(count <= size_, "Split beyond the chain");
  BufferChain head;
  size_ -= count;
  while (count > 0) {
    Buffer& front = buffers_[first_];
    if (count < front.size()) {
      head.Append(front.SliceShared(0, count));
      front.RemovePrefix(count);
      break;
    }
    count -= front.size();
    head.Append(std::move(front));
    ++first_;
  }
  DropConsumed();
  return head;
}

BufferChain BufferChain::Slice(size_t offset, size_t size) const {
  ZOKIO_CHECK(offset <= size_ && size <= size_ - offset, "Slice beyond the chain");
  BufferChain slice;
  for (size_t i = first_; size > 0; ++i) {
    const Buffer& buffer = buffers_[i];
    if (offset >= buffer.size()) {
      offset -= buffer.size();
      continue;
    }
    const size_t part = std::min(size, buffer.size() - offset);
    slice.Append(buffer.Slice(offset, part));
    size -= part;
    offset = 0;
  }
  return slice;
}

Buffer BufferChain::Coalesce() {
  if (buffer_count() == 0) return {};
  if (buffer_count() > 1) {
    Buffer whole = Buffer::Allocate(size_);
    if (whole.empty()) return {};
    CopyTo(0, {whole.mutable_data(), whole.size()});
    *this = BufferChain(std::move(whole));
  }
  return buffers_[first_];
}

void BufferChain::CopyTo(size_t offset, std::span<uint8_t> out) const {
  ZOKIO_CHECK(offset <= size_ && out.size() <= size_ - offset, "CopyTo beyond the chain");
  for (size_t i = first_; !out.empty(); ++i) {
    const Buffer& buffer = buffers_[i];
    if (offset >= buffer.size()) {
      offset -= buffer.size();
      continue;
    }
    const size_t part = std::min(out.size(), buffer.size() - offset);
    std::memcpy(out.data(), buffer.data() + offset, part);
    out = out.subspan(part);
    offset = 0;
  }
}

std::string BufferChain::ToString() const {
  std::string text(size_, '\0');
  CopyTo(0, {reinterpret_cast<uint8_t*>(text.data()), text.size()});
  return text;
}

size_t BufferChain::ToIovecs(std::span<iovec> out) const {
  const size_t count = std::min(out.size(), buffer_count());
  for (size_t i = 0; i < count; ++i) {
    out[i] = {const_cast<uint8_t*>(buffer(i).data()), buffer(i).size()};
  }
  return count;
}

}  // namespace zokio
