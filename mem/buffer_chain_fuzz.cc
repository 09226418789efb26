// Sequences of operations on two chains, each against the string that it must equal.

#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "mem/testing/buffer_chain_model.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  zokio::testing_internal::ChainModel model;
  size_t used = 0;
  while (used < size && used < 300) {
    ZOKIO_CHECK(model.Step([&]() -> uint32_t {
      const uint32_t low = used < size ? data[used++] : 0;
      return low * 0x01010101u;
    }),
                "a chain differs from its string");
  }
  return 0;
}
