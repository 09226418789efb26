#include "actor/internal/cell_pool.h"

#include <new>

namespace zokio::internal {
namespace {

constexpr std::align_val_t kAlignment{alignof(ActorCell)};

}  // namespace

CellPool::~CellPool() {
  for (ActorCell* chunk : chunks_) ::operator delete(static_cast<void*>(chunk), kAlignment);
}

void CellPool::Grow() {
  auto* chunk =
      static_cast<ActorCell*>(::operator new(kChunkCells * sizeof(ActorCell), kAlignment));
  chunks_.push_back(chunk);
  for (size_t i = kChunkCells; i-- > 0;) {
    ActorCell* cell = ::new (&chunk[i]) ActorCell(loop_);
    cell->next_run = free_;
    free_ = cell;
  }
}

}  // namespace zokio::internal
