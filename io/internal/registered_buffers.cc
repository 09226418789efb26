#include "io/internal/registered_buffers.h"

#include <new>
#include <utility>

#include "io/internal/thread_token.h"

namespace zokio::io {

RegisteredBuffers* RegisteredBuffers::Create(size_t buffer_size, uint32_t count) {
  Result<std::unique_ptr<zokio::BufferPool>> pool = zokio::BufferPool::Create(buffer_size, count);
  if (!pool.ok()) return nullptr;
  auto* all = new (std::nothrow) RegisteredBuffers(*std::move(pool));
  if (all == nullptr) return nullptr;
  all->slots_.reset(new (std::nothrow) Slot[count]);
  if (all->slots_ == nullptr) {
    all->Drop();
    return nullptr;
  }
  for (uint32_t i = 0; i < count; ++i) all->slots_[i] = {all, i};
  return all;
}

OwnedBytes RegisteredBuffers::Take(size_t size) {
  const uint32_t index = pool_->Take();
  if (index == zokio::BufferPool::kNone) return OwnedBytes();
  refs_.fetch_add(1, memory_order_relaxed);
  return OwnedBytes(pool_->Bytes(index).data(), size, &GiveBack, &slots_[index]);
}

void RegisteredBuffers::GiveBack(void* slot) {
  const Slot& given = *static_cast<Slot*>(slot);
  RegisteredBuffers* all = given.all;
  if (all->home_thread_.load(memory_order_relaxed) == ThreadToken()) {
    all->pool_->Put(given.index);
  } else {
    all->pool_->PutRemote(given.index);
  }
  all->Drop();
}

void RegisteredBuffers::Drop() {
  if (refs_.fetch_sub(1, memory_order_acq_rel) == 1) delete this;
}

}  // namespace zokio::io
