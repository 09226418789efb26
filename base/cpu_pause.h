// CpuPause: what a loop that waits for another processor says in each of its turns.
//
// The processor lets the other hardware thread of its core have the units meanwhile, and leaves the
// loop without the penalty of a mispredicted memory order.
// Thread-safety: any thread.  Cost: 5 to 150 cycles, by the processor.
#ifndef ZOKIO_BASE_CPU_PAUSE_H_
#define ZOKIO_BASE_CPU_PAUSE_H_

namespace zokio {

inline void CpuPause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#else
  asm volatile("" ::: "memory");
#endif
}

}  // namespace zokio

#endif  // ZOKIO_BASE_CPU_PAUSE_H_
