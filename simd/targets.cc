#include "simd/targets.h"

#include "simd/internal/config.h"
//
#include "hwy/highway.h"
#include "hwy/targets.h"

namespace zokio::simd {
namespace {

struct TargetBit {
  Target target;
  int64_t bit;
};

// Best first.
constexpr TargetBit kTargetBits[] = {
#if HWY_ARCH_X86
    {Target::kAvx512Dl, HWY_AVX3_DL},
    {Target::kAvx512, HWY_AVX3},
    {Target::kAvx2, HWY_AVX2},
    {Target::kSse4, HWY_SSE4},
#elif HWY_ARCH_ARM
    {Target::kNeon, HWY_NEON},
#endif
    {Target::kPortable, HWY_EMU128 | HWY_SCALAR},
};

// With one target (AArch64, -march=native) there is nothing to ask and nothing to choose.
constexpr bool kSingleTarget = (HWY_TARGETS & (HWY_TARGETS - 1)) == 0;

int64_t DispatchableTargets() {
  if constexpr (kSingleTarget) return HWY_TARGETS;
  // Highway never reports its scalar fallback, which is always there.
  return (hwy::SupportedTargets() | HWY_EMU128 | HWY_SCALAR) & HWY_TARGETS;
}

Target BestTarget() {
  const int64_t available = DispatchableTargets();
  for (const TargetBit& entry : kTargetBits) {
    if ((entry.bit & available) != 0) return entry.target;
  }
  return Target::kPortable;
}

// What the CPU has, asked for before anything can be forced.
int64_t AllTargets() {
  static const int64_t all = DispatchableTargets();
  return all;
}

// Tells the kernels, of this package and of Highway's dispatch, what to use from now on.
void Activate(Target target) {
  internal::g_active_target = target;
  if constexpr (!kSingleTarget) {
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    internal::g_dispatch_index = hwy::GetChosenTarget().GetIndex();
  }
}

const bool g_initialized = [] {
  AllTargets();
  Activate(BestTarget());
  return true;
}();

}  // namespace

namespace internal {
Target g_active_target = Target::kPortable;
size_t g_dispatch_index = 0;
}  // namespace internal

const char* TargetName(Target target) {
  switch (target) {
    case Target::kPortable:
      return "portable";
    case Target::kNeon:
      return "neon";
    case Target::kSse4:
      return "sse4";
    case Target::kAvx2:
      return "avx2";
    case Target::kAvx512:
      return "avx512";
    case Target::kAvx512Dl:
      return "avx512dl";
  }
  return "unknown";
}

TargetInfo Targets() {
  static_cast<void>(g_initialized);
  TargetInfo info;
  info.active = BestTarget();
  for (const TargetBit& entry : kTargetBits) {
    if ((entry.bit & AllTargets()) != 0) info.supported.push_back(entry.target);
  }
  return info;
}

bool ForceTarget(Target target) {
  ResetTarget();
  const int64_t available = AllTargets();
  for (const TargetBit& entry : kTargetBits) {
    if (entry.target != target || (entry.bit & available) == 0) continue;
    if constexpr (!kSingleTarget) hwy::SetSupportedTargetsForTest(entry.bit);
    Activate(target);
    return true;
  }
  return false;
}

void ResetTarget() {
  if constexpr (!kSingleTarget) hwy::SetSupportedTargetsForTest(0);
  Activate(BestTarget());
}

}  // namespace zokio::simd
