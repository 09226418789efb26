// CellPool: a loop's cells. SharedCellPool: those that other threads take for actors they spawn.
//
// Cells keep their address and generation for ever; memory goes back when the pool dies.
// Thread-safety: CellPool one thread; SharedCellPool any.
// Cost: a few instructions; a chunk of cells at a time from the heap.
#ifndef ZOKIO_ACTOR_INTERNAL_CELL_POOL_H_
#define ZOKIO_ACTOR_INTERNAL_CELL_POOL_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "actor/internal/cell.h"
#include "base/mutex.h"

namespace zokio::internal {

class CellPool {
 public:
  explicit CellPool(ActorLoop* loop) : loop_(loop) {}
  CellPool(const CellPool&) = delete;
  CellPool& operator=(const CellPool&) = delete;
  ~CellPool();

  // A cell whose generation is odd: an actor lives there from now on.
  ActorCell* Take() {
    if (free_ == nullptr) Grow();
    ActorCell* cell = free_;
    free_ = cell->next_run;
    cell->NextGeneration();
    return cell;
  }
  void Return(ActorCell* cell) {
    cell->NextGeneration();
    // After 2^31 actors it would begin with the numbers of the first ones: nobody lives here again.
    if (cell->generation() == 0) return;
    cell->next_run = free_;
    free_ = cell;
  }

  template <typename Visit>
  void ForEach(Visit&& visit) {
    for (ActorCell* chunk : chunks_) {
      for (size_t i = 0; i < kChunkCells; ++i) visit(&chunk[i]);
    }
  }

 private:
  static constexpr size_t kChunkCells = 256;

  void Grow();

  ActorLoop* const loop_;
  ActorCell* free_ = nullptr;
  std::vector<ActorCell*> chunks_;
};

class SharedCellPool {
 public:
  explicit SharedCellPool(ActorLoop* loop) : pool_(loop) {}

  ActorCell* Take() {
    MutexLock lock(mutex_);
    return pool_.Take();
  }
  void Return(ActorCell* cell) {
    MutexLock lock(mutex_);
    pool_.Return(cell);
  }
  // REQUIRES: nobody else uses the pool.
  CellPool& pool() { return pool_; }

 private:
  Mutex mutex_;
  CellPool pool_;
};

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_CELL_POOL_H_
