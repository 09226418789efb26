#include <cstddef>
#include <cstdint>
#include <cstring>

// Fails only under the input "zoki!": reached from the corpus' "zok" by coverage, not by luck.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static constexpr char kWanted[] = "zoki!";
  if (size < 5) return 0;
  for (size_t i = 0; i < 5; ++i) {
    if (data[i] != static_cast<uint8_t>(kWanted[i])) return 0;
  }
#ifdef ZOKIO_PLANT_FAULT
  volatile uint8_t copy[4] = {};
  copy[data[0] == 'z' ? size - 1 : 0] = 1;
#endif
  return 0;
}
