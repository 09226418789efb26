#include "tools/model/object.h"

#include <cstring>

namespace zokio::model {

ObjectTable::ObjectTable()
    : slots_(size_t{1} << capacity_bits_), slot_execution_(size_t{1} << capacity_bits_) {}

void ObjectTable::Clear() {
  ++execution_;
  live_.clear();
}

Object* ObjectTable::Find(uintptr_t address) {
  const size_t mask = slots_.size() - 1;
  for (size_t i = Slot(address); slot_execution_[i] == execution_; i = (i + 1) & mask) {
    if (slots_[i]->address == address) return slots_[i];
  }
  return nullptr;
}

Object& ObjectTable::At(uintptr_t address) {
  const size_t mask = slots_.size() - 1;
  size_t i = Slot(address);
  for (; slot_execution_[i] == execution_; i = (i + 1) & mask) {
    if (slots_[i]->address == address) return *slots_[i];
  }
  if (live_.size() == all_.size()) all_.push_back(std::make_unique<Object>());
  Object* object = all_[live_.size()].get();
  live_.push_back(object);
  object->address = address;
  object->id = 0;
  object->execution = execution_;
  slots_[i] = object;
  slot_execution_[i] = execution_;
  if (live_.size() * 2 > slots_.size()) Grow();
  return *object;
}

void ObjectTable::Reset(Object& object, ObjectKind kind, size_t size) {
  const bool first_here = object.id == 0;
  if (first_here) object.id = static_cast<uint32_t>(live_.size());
  object.kind = kind;
  object.size = static_cast<uint8_t>(size > 255 ? 255 : size);
  object.freed = false;
  object.persistent = false;
  object.name = nullptr;
  object.made_by = kNobody;
  object.accessed = VectorClock();
  object.stores.clear();
  object.seen.clear();
  object.seq_cst_seen.clear();
  object.seq_cst_floor = 0;
  std::memset(object.repeats, 0, sizeof object.repeats);
  std::memset(object.last_read, 0, sizeof object.last_read);
  object.writer = kNobody;
  object.readers = VectorClock();
  object.owner = kNobody;
  object.last_owner = kNobody;
  object.token = false;
  object.waiters = 0;
  object.woken = 0;
  object.sync = VectorClock();
  object.sync_view = FenceView();
  object.enabler = VectorClock();
  if (!first_here) return;
  object.dependence.write_step = -1;
  object.dependence.acquire_step = -1;
  object.dependence.readers = 0;
  object.dependence.seq_cst_readers = 0;
  object.dependence.write_clock = VectorClock();
  object.dependence.read_clock = VectorClock();
  object.dependence.seq_cst_read_clock = VectorClock();
}

void ObjectTable::Grow() {
  ++capacity_bits_;
  slots_.assign(size_t{1} << capacity_bits_, nullptr);
  slot_execution_.assign(size_t{1} << capacity_bits_, 0);
  const size_t mask = slots_.size() - 1;
  for (Object* object : live_) {
    size_t i = Slot(object->address);
    while (slot_execution_[i] == execution_) i = (i + 1) & mask;
    slots_[i] = object;
    slot_execution_[i] = execution_;
  }
}

}  // namespace zokio::model
