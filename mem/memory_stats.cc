#include "mem/memory_stats.h"

#include <cstdarg>
#include <cstdio>

#include "mem/internal/segment_source.h"
#include "mem/internal/size_class.h"
#include "mem/internal/tiered_heap.h"

namespace zokio {
namespace {

[[gnu::format(printf, 2, 3)]] void AppendFormat(std::string& text, const char* format, ...) {
  char line[256];
  va_list arguments;
  va_start(arguments, format);
  const int length = std::vsnprintf(line, sizeof(line), format, arguments);
  va_end(arguments);
  if (length > 0) text.append(line, static_cast<size_t>(length));
}

// A JSON string: tags are the program's, so anything may be in them.
void AppendQuoted(std::string& json, const std::string& text) {
  json += '"';
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) {
      AppendFormat(json, "\\u%04x", static_cast<unsigned>(c));
    } else {
      if (c == '"' || c == '\\') json += '\\';
      json += c;
    }
  }
  json += '"';
}

}  // namespace

[[gnu::noinline]] MemoryStats MemoryStats::Collect() {
  mem_internal::TieredHeap& heap = mem_internal::TieredHeap::Current();
  MemoryStats stats;
  for (uint32_t i = 0; i < mem_internal::kClasses; ++i) {
    const mem_internal::TieredClassStats of_class = heap.ClassStats(i);
    if (of_class.run_bytes == 0) continue;
    // A magazine may hold blocks of other heaps: those are no part of this heap's runs.
    const size_t used = of_class.run_bytes - of_class.free_bytes;
    const size_t cached = of_class.cached_bytes < used ? of_class.cached_bytes : used;
    stats.classes.push_back({.block_size = mem_internal::kClassTable[i].size,
                             .live_bytes = used - cached,
                             .cached_bytes = cached,
                             .pinned_bytes = of_class.free_bytes});
    stats.live_bytes += used - cached;
    stats.cached_bytes += cached;
    stats.pinned_bytes += of_class.free_bytes;
  }
  stats.cached_bytes += heap.large_cached_bytes();
  stats.reusable_bytes = heap.free_page_bytes();
  const mem_internal::TieredHeapStats counts = heap.Stats();
  stats.refills = counts.refills;
  stats.blocks_refilled = counts.refilled;
  stats.blocks_flushed = counts.flushed;
  stats.remote_frees = counts.remote_frees;
  stats.large_allocations = counts.large_allocations;
  stats.large_reused = counts.large_reused;
  stats.reserved_bytes = mem_internal::SegmentSource::bytes_reserved();
  stats.mapped_bytes = mem_internal::SegmentSource::bytes_taken();
  stats.tags = MemoryQuota::Totals();
  return stats;
}

std::string MemoryStats::ToText() const {
  std::string text;
  AppendFormat(text, "live %zu, cached %zu, pinned %zu, reusable %zu bytes\n", live_bytes,
               cached_bytes, pinned_bytes, reusable_bytes);
  AppendFormat(text, "process: reserved %zu, mapped %zu bytes\n", reserved_bytes, mapped_bytes);
  AppendFormat(text, "refills %llu of %llu blocks, flushed %llu, of them %llu to other threads\n",
               static_cast<unsigned long long>(refills),
               static_cast<unsigned long long>(blocks_refilled),
               static_cast<unsigned long long>(blocks_flushed),
               static_cast<unsigned long long>(remote_frees));
  AppendFormat(text, "large %llu, reused %llu\n",
               static_cast<unsigned long long>(large_allocations),
               static_cast<unsigned long long>(large_reused));
  AppendFormat(text, "%8s %12s %12s %12s\n", "block", "live", "cached", "pinned");
  for (const Class& row : classes) {
    AppendFormat(text, "%8zu %12zu %12zu %12zu\n", row.block_size, row.live_bytes, row.cached_bytes,
                 row.pinned_bytes);
  }
  if (tags.empty()) return text;
  AppendFormat(text, "%8s %12s %12s %12s tag\n", "quotas", "bytes", "peak", "refusals");
  for (const MemoryQuota::TagTotal& row : tags) {
    AppendFormat(text, "%8zu %12zu %12zu %12llu ", row.quotas, row.bytes, row.bytes_peak,
                 static_cast<unsigned long long>(row.refusals));
    text += row.tag + "\n";
  }
  return text;
}

std::string MemoryStats::ToJson() const {
  std::string json;
  AppendFormat(json,
               "{\"live_bytes\":%zu,\"cached_bytes\":%zu,\"pinned_bytes\":%zu,"
               "\"reusable_bytes\":%zu,\"reserved_bytes\":%zu,\"mapped_bytes\":%zu,",
               live_bytes, cached_bytes, pinned_bytes, reusable_bytes, reserved_bytes,
               mapped_bytes);
  AppendFormat(json, "\"refills\":%llu,\"blocks_refilled\":%llu,\"blocks_flushed\":%llu,",
               static_cast<unsigned long long>(refills),
               static_cast<unsigned long long>(blocks_refilled),
               static_cast<unsigned long long>(blocks_flushed));
  AppendFormat(json, "\"remote_frees\":%llu,\"large_allocations\":%llu,\"large_reused\":%llu,",
               static_cast<unsigned long long>(remote_frees),
               static_cast<unsigned long long>(large_allocations),
               static_cast<unsigned long long>(large_reused));
  json += "\"classes\":[";
  for (const Class& row : classes) {
    if (json.back() != '[') json += ',';
    AppendFormat(
        json, "{\"block_size\":%zu,\"live_bytes\":%zu,\"cached_bytes\":%zu,\"pinned_bytes\":%zu}",
        row.block_size, row.live_bytes, row.cached_bytes, row.pinned_bytes);
  }
  json += "],\"tags\":[";
  for (const MemoryQuota::TagTotal& row : tags) {
    json += json.back() == '[' ? "{\"tag\":" : ",{\"tag\":";
    AppendQuoted(json, row.tag);
    AppendFormat(json, ",\"quotas\":%zu,\"bytes\":%zu,\"bytes_peak\":%zu,\"refusals\":%llu}",
                 row.quotas, row.bytes, row.bytes_peak,
                 static_cast<unsigned long long>(row.refusals));
  }
  json += "]}";
  return json;
}

}  // namespace zokio
