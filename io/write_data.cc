#include "io/write_data.h"

#include <cstring>
#include <new>

namespace zokio::io {
namespace {

void ReturnBlock(void* owner) { BufferPool::Return(static_cast<BufferBlock*>(owner)); }
void DeleteString(void* owner) { delete static_cast<std::string*>(owner); }
void DeleteBytes(void* owner) { delete[] static_cast<uint8_t*>(owner); }

OwnedBytes CopyOf(std::span<const uint8_t> bytes, BufferPool& pool) {
  OwnedBytes copy = NewBytes(bytes.size(), pool);
  if (copy.data() != nullptr) std::memcpy(copy.data(), bytes.data(), bytes.size());
  return copy;
}

}  // namespace

OwnedBytes NewBytes(size_t size, BufferPool& pool) {
  if (size <= pool.buffer_size()) {
    if (BufferBlock* block = pool.Take()) return OwnedBytes(block->data, size, &ReturnBlock, block);
  }
  auto* bytes = new (std::nothrow) uint8_t[size];
  if (bytes == nullptr) return OwnedBytes();
  return OwnedBytes(bytes, size, &DeleteBytes, bytes);
}

std::span<const uint8_t> WriteData::bytes() const {
  switch (data_.index()) {
    case 0:
      return std::get_if<0>(&data_)->span();
    case 1: {
      const std::string& text = *std::get_if<1>(&data_);
      return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
    }
    case 2:
      return *std::get_if<2>(&data_);
    default: {
      const OwnedBytes& owned = *std::get_if<3>(&data_);
      return {owned.data(), owned.size()};
    }
  }
}

OwnedBytes WriteData::Own(size_t offset, BufferPool& pool) {
  OwnedBytes owned;
  switch (data_.index()) {
    case 0: {
      Lease& lease = *std::get_if<0>(&data_);
      uint8_t* const data = lease.data();
      const size_t size = lease.size();
      BufferBlock* block = lease.Release();
      owned = OwnedBytes(data, size, block == nullptr ? nullptr : &ReturnBlock, block);
      break;
    }
    case 1: {
      auto* text = new std::string(std::move(*std::get_if<1>(&data_)));
      owned =
          OwnedBytes(reinterpret_cast<uint8_t*>(text->data()), text->size(), &DeleteString, text);
      break;
    }
    case 2:
      return CopyOf(std::get_if<2>(&data_)->subspan(offset), pool);
    default:
      owned = std::move(*std::get_if<3>(&data_));
      break;
  }
  owned.Advance(offset);
  return owned;
}

}  // namespace zokio::io
