#include <cstdint>
#include <cstdio>
#include <vector>

#include "simd/crc32c.h"

int main() {
  const std::vector<uint8_t> digits = {'1', '2', '3', '4', '5', '6', '7', '8', '9'};
  const uint32_t sum = zokio::simd::Crc32c(digits);
  std::printf("crc32c of \"123456789\": %08X\n", static_cast<unsigned>(sum));
  return sum == 0xE3069283u ? 0 : 1;
}
