#include "tools/model/memory.h"

namespace zokio::model {
namespace {

bool Acquires(std::memory_order order) {
  return order == std::memory_order_acquire || order == std::memory_order_acq_rel ||
         order == std::memory_order_seq_cst || order == std::memory_order_consume;
}

bool Releases(std::memory_order order) {
  return order == std::memory_order_release || order == std::memory_order_acq_rel ||
         order == std::memory_order_seq_cst;
}

// The newest store that somebody saw at a time which `clock` covers.
uint32_t SeenBy(const Object& object, const VectorClock& clock) {
  uint32_t floor = 0;
  for (const Observation& observation : object.seen) {
    if (observation.index > floor && clock.Covers(observation.thread, observation.epoch)) {
      floor = observation.index;
    }
  }
  return floor;
}

void Observe(Object& object, uint32_t index, int thread, const ThreadView& view) {
  object.seen.push_back({view.clock.at[thread], index, thread});
}

}  // namespace

void Memory::Clear() {
  fences_used_ = false;
  sequence_ = 0;
  after_full_ = FenceView();
  after_heavy_ = VectorClock();
  after_light_ = VectorClock();
}

void Memory::Initialize(Object& object, uint64_t value) {
  StoreRecord& store = object.stores.emplace_back();
  store.value = value;
}

uint32_t Memory::Floor(const Object& object, const ThreadView& view,
                       std::memory_order order) const {
  const auto newest = static_cast<uint32_t>(object.stores.size() - 1);
  if (newest == 0) return 0;
  uint32_t floor = SeenBy(object, view.clock);
  const bool seq_cst = order == std::memory_order_seq_cst;
  if (seq_cst && floor < object.seq_cst_floor) floor = object.seq_cst_floor;
  if (!fences_used_ || floor == newest) return floor;
  VectorClock known = view.fence.clock;
  if (seq_cst) known.Join(after_full_.clock);
  const uint32_t by_fence = SeenBy(object, known);
  if (floor < by_fence) floor = by_fence;
  for (const SeqCstObservation& observation : object.seq_cst_seen) {
    if (observation.sequence <= view.fence.sequence && floor < observation.index) {
      floor = observation.index;
    }
  }
  return floor;
}

void Memory::Read(Object& object, uint32_t index, int thread, ThreadView& view,
                  std::memory_order order) {
  const StoreRecord& store = object.stores[index];
  // Already hidden stores stay hidden; an observation that adds nothing is not kept.
  bool news = store.thread != thread && index > 0;
  if (news) {
    for (const Observation& observation : object.seen) {
      if (observation.thread == thread && observation.index >= index) {
        news = false;
        break;
      }
    }
    if (news) Observe(object, index, thread, view);
  }
  if (order == std::memory_order_seq_cst) {
    ++sequence_;
    if (object.seq_cst_floor < index) {
      object.seq_cst_floor = index;
      object.seq_cst_seen.push_back({sequence_, index});
    }
  }
  if (Acquires(order)) {
    view.clock.Join(store.sync);
    if (fences_used_) view.fence.Join(store.view);
  } else {
    view.acquirable.Join(store.sync);
    if (fences_used_) view.acquirable_fence.Join(store.view);
  }
}

void Memory::Write(Object& object, uint64_t value, int thread, ThreadView& view,
                   std::memory_order order, bool replaces, uint32_t step,
                   uint32_t dependence_time) {
  const auto index = static_cast<uint32_t>(object.stores.size());
  StoreRecord& store = object.stores.emplace_back();
  store.value = value;
  store.step = step;
  store.thread = thread;
  store.dependence_time = dependence_time;
  if (Releases(order)) {
    store.sync = view.clock;
    if (fences_used_) store.view = view.fence;
  } else {
    store.sync = view.released;
    if (fences_used_) store.view = view.released_fence;
  }
  if (replaces) {
    store.sync.Join(object.stores[index - 1].sync);
    if (fences_used_) store.view.Join(object.stores[index - 1].view);
  }
  Observe(object, index, thread, view);
  if (order == std::memory_order_seq_cst) {
    ++sequence_;
    object.seq_cst_floor = index;
    object.seq_cst_seen.push_back({sequence_, index});
  }
}

void Memory::Fence(FenceKind kind, ThreadView& view) {
  const bool full = kind == FenceKind::kSeqCst || kind == FenceKind::kHeavy;
  if (full || kind == FenceKind::kAcquire || kind == FenceKind::kAcqRel) {
    view.clock.Join(view.acquirable);
    view.fence.Join(view.acquirable_fence);
  }
  if (full || kind == FenceKind::kLight) fences_used_ = true;
  if (full) {
    ++sequence_;
    view.fence.Join(after_full_);
    if (kind == FenceKind::kHeavy) {
      view.fence.clock.Join(after_heavy_);
      view.fence.clock.Join(after_light_);
    }
    view.fence.sequence = sequence_;
    after_full_.clock.Join(view.clock);
    if (kind == FenceKind::kHeavy) after_heavy_.Join(view.clock);
  }
  if (kind == FenceKind::kLight) {
    view.fence.clock.Join(after_heavy_);
    after_light_.Join(view.clock);
  }
  if (full || kind == FenceKind::kRelease || kind == FenceKind::kAcqRel) {
    view.released = view.clock;
    view.released_fence = view.fence;
  }
}

void Memory::Publish(Object& object, const ThreadView& view) {
  object.sync.Join(view.clock);
  if (fences_used_) object.sync_view.Join(view.fence);
}

void Memory::Learn(const Object& object, ThreadView& view) {
  view.clock.Join(object.sync);
  if (fences_used_) view.fence.Join(object.sync_view);
}

void Memory::Inherit(ThreadView& to, const ThreadView& from) {
  to.clock.Join(from.clock);
  to.fence.Join(from.fence);
}

}  // namespace zokio::model
