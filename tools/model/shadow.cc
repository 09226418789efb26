#include "tools/model/shadow.h"

#include <algorithm>
#include <bit>

namespace zokio::model {

Shadow::Cell& Shadow::At(uintptr_t granule) {
  const size_t mask = cells_.size() - 1;
  size_t i = (granule * 0x9E3779B97F4A7C15u) >> (64 - capacity_bits_);
  for (; cells_[i].execution == execution_; i = (i + 1) & mask) {
    if (cells_[i].granule == granule) return cells_[i];
  }
  if (++used_ * 2 > cells_.size()) {
    Grow();
    return At(granule);
  }
  Cell& cell = cells_[i];
  cell.granule = granule;
  cell.execution = execution_;
  cell.freed = false;
  cell.written = 0;
  std::fill_n(cell.read_bytes, kThreadsMax, uint8_t{0});
  return cell;
}

void Shadow::Grow() {
  // Called from the body's own accesses: what is allocated here is not the body's.
  Engine* engine = CurrentEngine();
  InstallEngine(nullptr);
  std::vector<Cell> old(cells_.size() * 2);
  old.swap(cells_);
  ++capacity_bits_;
  used_ = 0;
  for (const Cell& cell : old) {
    if (cell.execution == execution_) At(cell.granule) = cell;
  }
  std::vector<Cell>().swap(old);
  InstallEngine(engine);
}

Shadow::Conflict Shadow::Access(uintptr_t address, size_t size, bool write, int thread,
                                const VectorClock& known, const void* pc) {
  Conflict conflict;
  while (size != 0) {
    const auto offset = static_cast<unsigned>(address % kGranule);
    const size_t part = std::min<size_t>(size, kGranule - offset);
    const auto bytes = static_cast<uint8_t>(((1u << part) - 1) << offset);
    Cell& cell = At(address / kGranule);
    if (cell.freed)
      return {
          .other = cell.writer[0], .other_wrote = true, .freed = true, .other_pc = cell.write_pc};
    for (unsigned rest = cell.written & bytes; rest != 0; rest &= rest - 1) {
      const int i = std::countr_zero(rest);
      if (!known.Covers(cell.writer[i], cell.write_epoch[i])) {
        conflict = {.other = cell.writer[i], .other_wrote = true, .other_pc = cell.write_pc};
      }
    }
    if (write) {
      for (int i = 0; i < kThreadsMax; ++i) {
        if ((cell.read_bytes[i] & bytes) == 0) continue;
        if (!known.Covers(i, cell.read_epoch[i])) {
          conflict = {.other = i, .other_pc = cell.read_pc[i]};
        }
        cell.read_bytes[i] &= static_cast<uint8_t>(~bytes);
      }
      for (size_t i = 0; i < part; ++i) {
        cell.writer[offset + i] = static_cast<uint8_t>(thread);
        cell.write_epoch[offset + i] = known.at[thread];
      }
      cell.written |= bytes;
      cell.write_pc = pc;
    } else {
      // Of one thread only the latest reads are kept: an older one of other bytes is forgotten (a
      // race may be missed by that, none is invented).
      if (cell.read_epoch[thread] != known.at[thread]) cell.read_bytes[thread] = 0;
      cell.read_bytes[thread] |= bytes;
      cell.read_epoch[thread] = known.at[thread];
      cell.read_pc[thread] = pc;
    }
    address += part;
    size -= part;
  }
  return conflict;
}

Shadow::Conflict Shadow::Free(uintptr_t address, size_t size, int thread, const VectorClock& known,
                              const void* pc) {
  const Conflict conflict = Access(address, size, true, thread, known, pc);
  for (uintptr_t granule = address / kGranule; granule * kGranule < address + size; ++granule) {
    Cell& cell = At(granule);
    cell.freed = true;
    cell.writer[0] = static_cast<uint8_t>(thread);
    cell.write_pc = pc;
  }
  return conflict;
}

}  // namespace zokio::model
