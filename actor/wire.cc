#include "actor/wire.h"

namespace zokio::internal {

Result<WireHeader> CheckWire(std::span<const std::byte> bytes, const WireSchema& schema,
                             size_t alignment) {
  const Error refused(ErrorCode::kInvalidArgument, "read a wire message");
  WireHeader header;
  if (bytes.size() < sizeof(header)) return refused;
  if (reinterpret_cast<uintptr_t>(bytes.data()) % alignment != 0) return refused;
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (header.magic != WireHeader::kMagic || header.schema != schema.id()) return refused;
  if (header.total_bytes < sizeof(header) || header.total_bytes > bytes.size()) return refused;
  if (header.fixed_bytes > header.total_bytes - sizeof(header)) return refused;
  if (header.version < schema.oldest) {
    return Error(ErrorCode::kUnsupported, "read a wire message of an old version");
  }
  return header;
}

}  // namespace zokio::internal
