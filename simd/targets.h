// Which instruction sets the kernels of this package can use here, and which one they use.
//
// Every kernel is compiled once per target and picks the best one the CPU has, once per call (a
// batch), through Highway's dispatch table. This header reports that choice and lets tests force
// it.
//
// Thread-safety: Targets() may be called from any thread. ForceTarget() may not run while another
// thread is inside a kernel or calls one; it is for tests and benchmarks.
// Cost: a kernel call pays one indirect call; Targets() is not meant for hot paths.
#ifndef ZOKIO_SIMD_TARGETS_H_
#define ZOKIO_SIMD_TARGETS_H_

#include <cstdint>
#include <vector>

namespace zokio::simd {

// Ordered from worst to best within one architecture.
enum class Target : uint8_t {
  kPortable,  // plain C++, no vector instructions written by hand
  kNeon,      // AArch64
  kSse4,      // x86-64 with SSE4.2 and PCLMULQDQ
  kAvx2,      // AVX2, BMI2, FMA
  kAvx512,    // AVX-512 F, VL, DQ, BW
  kAvx512Dl,  // AVX-512 with VBMI2, VPCLMULQDQ, VAES
};

// A short name, as used in test names and benchmark labels.
const char* TargetName(Target target);

struct TargetInfo {
  // Targets that are compiled in and that this CPU runs, best first; never empty, and the last one
  // is kPortable unless the build was made for one CPU (-march=native).
  std::vector<Target> supported;
  // What kernels use at present: supported.front(), unless forced.
  Target active;
};

TargetInfo Targets();

// Makes all kernels use `target` until ResetTarget(). Returns false, and changes nothing, when this
// CPU or this build does not have it.
bool ForceTarget(Target target);

// Undoes ForceTarget().
void ResetTarget();

namespace internal {

// The target used by the header-only kernels (simd/transform.h). Written by ForceTarget() and once
// before main(); until then kPortable, which is correct everywhere.
extern Target g_active_target;

}  // namespace internal

}  // namespace zokio::simd

#endif  // ZOKIO_SIMD_TARGETS_H_
