#include "mem/numa_arena.h"

#include <numaif.h>

#include "base/check.h"
#include "mem/internal/system_pages.h"

namespace zokio {
namespace {

// Nodes that the kernel's mask of the call below has room for.
constexpr uint32_t kNodesMax = 1024;
constexpr uint32_t kWordBits = 8 * sizeof(unsigned long);

bool BindTo(uint32_t node, void* pages, size_t size) {
  if (node >= kNodesMax) return false;
  unsigned long mask[kNodesMax / kWordBits] = {};
  mask[node / kWordBits] = 1ul << (node % kWordBits);
  return mbind(pages, size, MPOL_BIND, mask, kNodesMax + 1, 0) == 0;
}

}  // namespace

NumaArenaSource::NumaArenaSource(const NumaTopology& topology, uint32_t node)
    : os_index_(topology.nodes().at(node).os_index), single_(topology.nodes().size() == 1) {}

void* NumaArenaSource::Map(size_t size) {
  size = mem_internal::RoundUp(size, mem_internal::kPageSize);
  void* pages = mem_internal::MapPages(size);
  if (pages == nullptr) return nullptr;
  if (!single_ && !BindTo(os_index_, pages, size)) refusals_.fetch_add(1, memory_order_relaxed);
  bytes_mapped_.fetch_add(size, memory_order_relaxed);
  return pages;
}

void NumaArenaSource::Unmap(void* block, size_t size) { mem_internal::UnmapPages(block, size); }

std::string NumaArenaSource::Report() const {
  std::string report = std::to_string(bytes_mapped_.load(memory_order_relaxed)) + " bytes ";
  if (single_) return report + "of the only node: nothing is bound\n";
  report += "for node " + std::to_string(os_index_);
  const uint64_t refusals = refusals_.load(memory_order_relaxed);
  if (refusals == 0) return report + ", bound\n";
  return report + ", the kernel refused to bind " + std::to_string(refusals) + " times\n";
}

}  // namespace zokio
