// Execution: atomics, fences, plain variables and the heap.
#include <algorithm>
#include <cstring>

#include "tools/model/execution.h"
#include "tools/model/symbolize.h"

namespace zokio::model {
namespace {

Ordering OrderingOf(std::memory_order order) {
  return order == std::memory_order_seq_cst ? Ordering::kSeqCst : Ordering::kNone;
}

uint64_t MaskOf(size_t size) { return size >= 8 ? ~uint64_t{0} : (uint64_t{1} << (8 * size)) - 1; }

uint64_t Apply(RmwKind kind, uint64_t before, uint64_t operand) {
  switch (kind) {
    case RmwKind::kExchange:
      return operand;
    case RmwKind::kAdd:
      return before + operand;
    case RmwKind::kSub:
      return before - operand;
    case RmwKind::kAnd:
      return before & operand;
    case RmwKind::kOr:
      return before | operand;
    case RmwKind::kXor:
      return before ^ operand;
  }
  return before;
}

std::string At(const SourceLocation& where) {
  std::string file = where.file_name();
  return file.substr(file.rfind('/') + 1) + ":" + std::to_string(where.line());
}

}  // namespace

// The oldest store that a load of the running thread may see.
uint32_t Execution::OldestToSee(const Object& object, std::memory_order order) const {
  const auto newest = static_cast<uint32_t>(object.stores.size() - 1);
  if (newest == 0 || !options_.stale_reads) return newest;
  uint32_t oldest = memory_.Floor(object, threads_[current_].view, order);
  if (oldest < newest && object.last_read[current_] != 0 &&
      object.repeats[current_] >= options_.stale_repeats_max) {
    // `last_read` is the index plus 1: seeing that store again would be once too often.
    oldest = std::max(oldest, std::min(newest, object.last_read[current_]));
  }
  return oldest;
}

uint64_t Execution::Load(void* address, size_t size, std::memory_order order,
                         SourceLocation where) {
  const Inside inside(this);
  Object& object = Find(ObjectKind::kAtomic, address, size, where);
  Announce({.kind = OperationKind::kLoad,
            .order = order,
            .ordering = OrderingOf(order),
            .touch = Touch::kRead,
            .object = &object,
            .where = where});
  CheckUsable(object, where);
  Step& step = BeginStep();
  const auto newest = static_cast<uint32_t>(object.stores.size() - 1);
  const int count = static_cast<int>(newest - OldestToSee(object, order)) + 1;
  const int choice = PickData(count, MayReadStale(object) ? count : 1);
  const uint32_t index = newest - choice;
  step.value = object.stores[index].value;
  step.stale = static_cast<uint16_t>(choice);
  const bool news = IsNews(object, index);
  if (object.last_read[current_] != index + 1) {
    object.last_read[current_] = index + 1;
    object.repeats[current_] = 0;
  } else if (object.repeats[current_] < 255) {
    ++object.repeats[current_];
  }
  memory_.Read(object, index, current_, view(), order);
  Touched(object, where);
  const uint64_t value = step.value;
  FinishStep(news, false);
  return value;
}

void Execution::WriteStore(Object& object, uint64_t value, std::memory_order order, bool replaces) {
  value &= MaskOf(object.size);
  // The object itself holds the newest value, for code that runs without an engine.
  std::memcpy(reinterpret_cast<void*>(object.address), &value, object.size);
  memory_.Write(object, value, current_, view(), order, replaces,
                static_cast<uint32_t>(steps_.size()), 0);
  object.last_read[current_] = static_cast<uint32_t>(object.stores.size());
  object.repeats[current_] = 0;
}

void Execution::Store(void* address, size_t size, uint64_t value, std::memory_order order,
                      SourceLocation where) {
  const Inside inside(this);
  Object& object = Find(ObjectKind::kAtomic, address, size, where);
  Announce({.kind = OperationKind::kStore,
            .order = order,
            .ordering = OrderingOf(order),
            .touch = Touch::kWrite,
            .object = &object,
            .where = where});
  CheckUsable(object, where);
  BeginStep().value = value;
  WriteStore(object, value, order, false);
  Touched(object, where);
  FinishStep(false, true);
  object.stores.back().dependence_time = steps_.back().dependence_time;
}

uint64_t Execution::Rmw(void* address, size_t size, RmwKind kind, uint64_t operand,
                        std::memory_order order, SourceLocation where) {
  const Inside inside(this);
  Object& object = Find(ObjectKind::kAtomic, address, size, where);
  Announce({.kind = OperationKind::kRmw,
            .order = order,
            .ordering = OrderingOf(order),
            .touch = Touch::kWrite,
            .object = &object,
            .where = where});
  CheckUsable(object, where);
  Step& step = BeginStep();
  const auto index = static_cast<uint32_t>(object.stores.size() - 1);
  const uint64_t before = object.stores[index].value;
  const uint64_t after = Apply(kind, before, operand) & MaskOf(size);
  step.value = before;
  step.written = after;
  const bool news = IsNews(object, index);
  memory_.Read(object, index, current_, view(), order);
  WriteStore(object, after, order, true);
  Touched(object, where);
  FinishStep(news, before != after);
  object.stores.back().dependence_time = steps_.back().dependence_time;
  return before;
}

bool Execution::CompareExchange(void* address, size_t size, uint64_t& expected, uint64_t desired,
                                std::memory_order success, std::memory_order failure, bool weak,
                                SourceLocation where) {
  const Inside inside(this);
  Object& object = Find(ObjectKind::kAtomic, address, size, where);
  Announce({.kind = OperationKind::kCompareExchange,
            .order = success,
            .ordering = OrderingOf(success),
            .touch = Touch::kWrite,
            .object = &object,
            .where = where});
  CheckUsable(object, where);
  Step& step = BeginStep();
  const auto newest = static_cast<uint32_t>(object.stores.size() - 1);
  const bool equal = object.stores[newest].value == expected;
  const bool may_fail =
      equal && weak && threads_[current_].spurious_failures < options_.spurious_failures_max;
  // Outcomes: with the newest value; failing without reason; failing on older, other values.
  const int fresh = may_fail ? 2 : 1;
  int outcomes = fresh;
  for (uint32_t i = OldestToSee(object, failure); i < newest; ++i) {
    outcomes += object.stores[i].value != expected;
  }
  const int choice = PickData(outcomes, MayReadStale(object) ? outcomes : fresh);
  uint32_t index = newest;
  if (choice >= fresh) {
    int skip = choice - fresh;
    for (index = newest - 1; object.stores[index].value == expected || skip-- > 0;) --index;
  }
  step.spurious = may_fail && choice == 1;
  step.success = equal && choice == 0;
  step.stale = static_cast<uint16_t>(newest - index);
  step.value = object.stores[index].value;
  step.written = desired;
  threads_[current_].spurious_failures += step.spurious;
  const bool news = IsNews(object, index);
  const bool same = object.last_read[current_] == index + 1;
  object.repeats[current_] = static_cast<uint8_t>(same ? object.repeats[current_] + 1 : 0);
  object.last_read[current_] = index + 1;
  const bool done = step.success;
  const std::memory_order order = done ? success : failure;
  memory_.Read(object, index, current_, view(), order);
  if (done) {
    WriteStore(object, desired, success, true);
  } else {
    step.operation.order = failure;
    step.operation.ordering = OrderingOf(failure);
    step.operation.touch = Touch::kRead;
    expected = step.value;
  }
  Touched(object, where);
  FinishStep(news, done);
  if (done) object.stores.back().dependence_time = steps_.back().dependence_time;
  return done;
}

void Execution::Fence(FenceKind kind, SourceLocation where) {
  const Inside inside(this);
  Ordering ordering = Ordering::kNone;
  if (kind == FenceKind::kSeqCst) ordering = Ordering::kFence;
  if (kind == FenceKind::kLight) ordering = Ordering::kLight;
  if (kind == FenceKind::kHeavy) ordering = Ordering::kHeavy;
  Announce({.kind = OperationKind::kFence, .ordering = ordering, .where = where});
  BeginStep().value = static_cast<uint64_t>(kind);
  memory_.Fence(kind, view());
  FinishStep(false, false);
}

void Execution::Access(void* address, size_t size, bool write, SourceLocation where) {
  const Inside inside(this);
  Object& object = Find(ObjectKind::kVariable, address, size, where);
  CheckUsable(object, where);
  CheckRace(object, write, where);
  if (write) {
    object.writer = current_;
    object.write_epoch = epoch();
    object.readers = VectorClock();
  } else {
    object.readers.at[current_] = epoch();
  }
  Touched(object, where);
}

// An access that must be ordered after others' accesses: to a plain variable (a read after the
// writes, a write after both), or the end or new beginning of any object.
void Execution::CheckRace(Object& object, bool write, SourceLocation where) {
  const VectorClock& known = view().clock;
  const bool variable = object.kind == ObjectKind::kVariable && !object.freed;
  for (int other = 0; other < thread_count_; ++other) {
    if (other == current_) continue;
    const char* did = nullptr;
    if (!variable) {
      if (!known.Covers(other, object.accessed.at[other])) did = "use";
    } else if (object.writer == other && !known.Covers(other, object.write_epoch)) {
      did = "write";
    } else if (write && !known.Covers(other, object.readers.at[other])) {
      did = "read";
    }
    if (did == nullptr) continue;
    Fail(Verdict::kDataRace, ObjectName(object) + ": " + threads_[current_].name +
                                 (!variable ? "'s freeing or reuse"
                                  : write   ? "'s write"
                                            : "'s read") +
                                 " at " + At(where) + " is not ordered after " +
                                 threads_[other].name + "'s " + did + " at " +
                                 At(object.accessed_at[other]));
  }
}

void* Execution::Allocate(size_t size, size_t alignment) {
  const Inside inside(this);
  void* memory = heap_.Allocate(size, alignment, current_, static_cast<uint32_t>(steps_.size()));
  if (memory == nullptr) Fail(Verdict::kMisuse, "the modelled heap is full");
  return memory;
}

void Execution::Deallocate(void* memory, const void* pc) {
  const Inside inside(this);
  Heap::Block* block = heap_.Find(memory);
  if (block == nullptr || block->begin != memory) {
    Fail(Verdict::kDoubleFree, "delete of an address that new did not return");
  }
  if (block->freed) {
    Fail(Verdict::kDoubleFree, "a block of " + std::to_string(block->size) +
                                   " bytes that was freed by " + threads_[block->freed_by].name +
                                   " is freed again by " + threads_[current_].name);
  }
  const auto begin = reinterpret_cast<uintptr_t>(block->begin);
  // `delete` has no source line of its own: the thread's last operation tells where about.
  const SourceLocation where = threads_[current_].pending.where;
  for (size_t i = 0; i < objects_.size(); ++i) {
    Object& object = objects_[i];
    if (object.address < begin || object.address >= begin + block->size) continue;
    object.freed = true;
    CheckRace(object, true, where);
  }
  if (plain_accesses_) {
    const Shadow::Conflict conflict = shadow_.Free(begin, block->size, current_, view().clock, pc);
    if (conflict.other != kNobody) FailAccess(conflict, "frees", pc);
  }
  block->freed = true;
  block->freed_by = current_;
  block->freed_step = static_cast<uint32_t>(steps_.size());
  // What reads it through plain memory shall notice.
  std::memset(memory, 0xDD, block->size);
}

void Execution::PlainAccess(const void* address, size_t size, bool write, const void* pc) {
  plain_accesses_ = true;
  const Shadow::Conflict conflict =
      shadow_.Access(reinterpret_cast<uintptr_t>(address), size, write, current_, view().clock, pc);
  if (conflict.other == kNobody) return;
  InstallEngine(nullptr);
  FailAccess(conflict, write ? "writes" : "reads", pc);
}

void Execution::FailAccess(const Shadow::Conflict& conflict, const char* what, const void* pc) {
  const std::string who = threads_[current_].name;
  const std::string other = threads_[conflict.other].name;
  if (conflict.freed) {
    Fail(Verdict::kUseAfterFree, who + " " + what + " memory at " + Symbolize(pc) + " that " +
                                     other + " freed at " + Symbolize(conflict.other_pc));
  }
  Fail(Verdict::kDataRace, who + " " + what + " plain memory at " + Symbolize(pc) +
                               ", and nothing orders that after " + other +
                               (conflict.other_wrote ? "'s write at " : "'s read at ") +
                               Symbolize(conflict.other_pc));
}

void Execution::ForeignAtomic(const void* address) {
  const Inside inside(this);
  Object& object = Find(ObjectKind::kForeign, const_cast<void*>(address), 1, SourceLocation());
  memory_.Learn(object, view());
  memory_.Publish(object, view());
  ++view().clock.at[current_];
}

void Execution::CheckLeaks() {
  for (const Heap::Block& block : heap_.blocks()) {
    if (block.freed || block.internal) continue;
    verdict_ = Verdict::kLeak;
    message_ = std::to_string(block.size) + " bytes that " + threads_[block.thread].name +
               " allocated after step " + std::to_string(block.step) + " are never freed";
    return;
  }
}

}  // namespace zokio::model
