#include "mem/buffer.h"

#include <cstring>
#include <new>

#include "base/check.h"
#include "mem/frame_pool.h"
#include "mem/internal/buffer_block.h"

namespace zokio {
namespace {

using mem_internal::BufferBlock;
using mem_internal::BufferThread;
using mem_internal::MyBufferThread;

// Unaware of references elsewhere, a slice pins at most this many times its size.
constexpr size_t kPinFactor = 4;

[[gnu::noinline]] BufferBlock* MakeBlock(size_t payload) {
  if (payload > SIZE_MAX / 2) return nullptr;
  BufferThread& thread = MyBufferThread::GetInline();
  if (thread.token == 0) [[unlikely]]
    JoinBufferHomes(thread);
  if (++thread.allocations == 0) DrainBufferHome(thread);
  void* memory = FramePool::TryAllocate(sizeof(BufferBlock) + payload);
  if (memory == nullptr) return nullptr;
  return new (memory)
      BufferBlock(thread.token, thread.home == nullptr ? nullptr : &thread.home->queue);
}

[[gnu::noinline]] void CloneBlock(BufferBlock* block) {
  block->Clone(MyBufferThread::GetInline().token);
}

[[gnu::noinline]] void DropReference(BufferBlock* block) {
  if (block->Drop(MyBufferThread::GetInline().token)) FreeBufferBlock(block);
}

}  // namespace

Buffer::Buffer(const Buffer& other) : block_(other.block_), data_(other.data_), size_(other.size_) {
  if (block_ != nullptr) CloneBlock(block_);
}

void Buffer::DropBlock() { DropReference(block_); }

void Buffer::Unref(void* released) {
  if (released != nullptr) DropReference(static_cast<BufferBlock*>(released));
}

Buffer Buffer::Allocate(size_t size) {
  BufferBlock* block = MakeBlock(size);
  if (block == nullptr) return {};
  block->size = size;
  return {block, block->bytes(), size};
}

Buffer Buffer::Copy(std::span<const uint8_t> bytes) {
  Buffer copy = Allocate(bytes.size());
  if (copy.block_ != nullptr && !bytes.empty()) {
    std::memcpy(copy.data_, bytes.data(), bytes.size());
  }
  return copy;
}

Buffer Buffer::Static(std::string_view bytes) {
  return {nullptr, reinterpret_cast<uint8_t*>(const_cast<char*>(bytes.data())), bytes.size()};
}

Buffer Buffer::Adopt(std::span<uint8_t> bytes, ReleaseFunction release, void* context) {
  ZOKIO_CHECK(release != nullptr, "adopted bytes need a release function");
  BufferBlock* block = MakeBlock(0);
  ZOKIO_CHECK(block != nullptr, "no memory to adopt bytes");
  block->size = bytes.size();
  block->release = release;
  block->context = context;
  return {block, bytes.data(), bytes.size()};
}

[[gnu::noinline]] bool Buffer::unique() const {
  return block_ != nullptr && block_->Unique(MyBufferThread::GetInline().token);
}

Buffer Buffer::SliceShared(size_t offset, size_t size) const {
  ZOKIO_CHECK(offset <= size_ && size <= size_ - offset, "Slice beyond the buffer");
  Buffer slice(*this);
  slice.data_ += offset;
  slice.size_ = size;
  return slice;
}

Buffer Buffer::Slice(size_t offset, size_t size) const {
  ZOKIO_CHECK(offset <= size_ && size <= size_ - offset, "Slice beyond the buffer");
  if (size == 0) return {};
  if (size <= kCopyMax && bytes_pinned() / kPinFactor > size) {
    Buffer copy = Copy(span().subspan(offset, size));
    if (copy.block_ != nullptr) return copy;
  }
  return SliceShared(offset, size);
}

void Buffer::RemovePrefix(size_t count) {
  ZOKIO_CHECK(count <= size_, "RemovePrefix beyond the buffer");
  data_ += count;
  size_ -= count;
}

void Buffer::RemoveSuffix(size_t count) {
  ZOKIO_CHECK(count <= size_, "RemoveSuffix beyond the buffer");
  size_ -= count;
}

size_t Buffer::bytes_pinned() const { return block_ == nullptr ? 0 : block_->size; }

[[gnu::noinline]] void Buffer::DrainRemote() { DrainBufferHome(MyBufferThread::GetInline()); }

}  // namespace zokio
