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

constexpr bool kSingleTarget = (HWY_TARGETS & (HWY_TARGETS - 1)) == 0;

int64_t DispatchableTargets() {
  // Highway never reports its scalar fallback; it is always there, unless only one was built.
  const int64_t fallback = kSingleTarget ? 0 : (HWY_EMU128 | HWY_SCALAR);
  return (hwy::SupportedTargets() | fallback) & HWY_TARGETS;
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
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  internal::g_dispatch_index = hwy::GetChosenTarget().GetIndex();
  internal::g_active_target = target;
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
    if (kSingleTarget) return true;
    hwy::SetSupportedTargetsForTest(entry.bit);
    Activate(target);
    return true;
  }
  return false;
}

void ResetTarget() {
  hwy::SetSupportedTargetsForTest(0);
  Activate(BestTarget());
}

}  // namespace zokio::simd
