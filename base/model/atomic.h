// model::Atomic<T>: std::atomic<T> with every access visible to the model checker.
//
// Same members, size and layout as std::atomic<T>, plus the caller's source line, which the
// checker prints. The object itself holds the newest value, so that it works as a plain atomic
// where no engine is installed.
//
// Limits: T is trivially copyable and at most 8 bytes. Operators (++, =, conversion) have no
// source line of their own; prefer the named functions.
// Thread-safety: as std::atomic.
#ifndef ZOKIO_BASE_MODEL_ATOMIC_H_
#define ZOKIO_BASE_MODEL_ATOMIC_H_

#include <atomic>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "base/model/engine.h"

namespace zokio::model {

namespace internal {

template <typename T>
uint64_t ToBits(T value) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  return bits;
}

template <typename T>
T FromBits(uint64_t bits) {
  T value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// The order of a failed compare-exchange when only one order was given.
constexpr std::memory_order FailureOrder(std::memory_order order) {
  if (order == std::memory_order_acq_rel) return std::memory_order_acquire;
  if (order == std::memory_order_release) return std::memory_order_relaxed;
  return order;
}

}  // namespace internal

// What all atomics have.
template <typename T>
class AtomicBase {
  static_assert(std::is_trivially_copyable_v<T>);
  static_assert(sizeof(T) <= 8, "the model checker's atomics hold at most 8 bytes");

 public:
  using value_type = T;
  static constexpr bool is_always_lock_free = true;

  constexpr AtomicBase() noexcept : value_() { Constructed(SourceLocation::current()); }
  // NOLINTNEXTLINE(google-explicit-constructor): as std::atomic.
  constexpr AtomicBase(T value, SourceLocation where = SourceLocation::current()) noexcept
      : value_(value) {
    Constructed(where);
  }
  AtomicBase(const AtomicBase&) = delete;
  AtomicBase& operator=(const AtomicBase&) = delete;

  T operator=(T value) noexcept {
    store(value);
    return value;
  }
  // NOLINTNEXTLINE(google-explicit-constructor): as std::atomic.
  operator T() const noexcept { return load(); }
  bool is_lock_free() const noexcept { return true; }

  T load(std::memory_order order = std::memory_order_seq_cst,
         SourceLocation where = SourceLocation::current()) const noexcept {
    if (Engine* engine = CurrentEngine()) {
      return internal::FromBits<T>(engine->Load(Address(), sizeof(T), order, where));
    }
    T value;
    __atomic_load(const_cast<T*>(&value_), &value, static_cast<int>(order));
    return value;
  }

  void store(T value, std::memory_order order = std::memory_order_seq_cst,
             SourceLocation where = SourceLocation::current()) noexcept {
    if (Engine* engine = CurrentEngine()) {
      engine->Store(Address(), sizeof(T), internal::ToBits(value), order, where);
      return;
    }
    __atomic_store(&value_, &value, static_cast<int>(order));
  }

  T exchange(T value, std::memory_order order = std::memory_order_seq_cst,
             SourceLocation where = SourceLocation::current()) noexcept {
    if (Engine* engine = CurrentEngine()) {
      return internal::FromBits<T>(engine->Rmw(Address(), sizeof(T), RmwKind::kExchange,
                                               internal::ToBits(value), order, where));
    }
    T before;
    __atomic_exchange(&value_, &value, &before, static_cast<int>(order));
    return before;
  }

  bool compare_exchange_strong(T& expected, T desired, std::memory_order success,
                               std::memory_order failure,
                               SourceLocation where = SourceLocation::current()) noexcept {
    return CompareExchange(expected, desired, success, failure, false, where);
  }
  bool compare_exchange_strong(T& expected, T desired,
                               std::memory_order order = std::memory_order_seq_cst,
                               SourceLocation where = SourceLocation::current()) noexcept {
    return CompareExchange(expected, desired, order, internal::FailureOrder(order), false, where);
  }
  bool compare_exchange_weak(T& expected, T desired, std::memory_order success,
                             std::memory_order failure,
                             SourceLocation where = SourceLocation::current()) noexcept {
    return CompareExchange(expected, desired, success, failure, true, where);
  }
  bool compare_exchange_weak(T& expected, T desired,
                             std::memory_order order = std::memory_order_seq_cst,
                             SourceLocation where = SourceLocation::current()) noexcept {
    return CompareExchange(expected, desired, order, internal::FailureOrder(order), true, where);
  }

  // Blocking on a value; without an engine it polls.
  void wait(T old, std::memory_order order = std::memory_order_seq_cst,
            SourceLocation where = SourceLocation::current()) const noexcept {
    const uint64_t bits = internal::ToBits(old);
    while (internal::ToBits(load(order, where)) == bits) {
      if (Engine* engine = CurrentEngine()) {
        engine->FutexWait(Address(), sizeof(T), bits, false, where);
      }
    }
  }
  void notify_one(SourceLocation where = SourceLocation::current()) noexcept {
    if (Engine* engine = CurrentEngine()) engine->FutexWake(Address(), sizeof(T), false, where);
  }
  void notify_all(SourceLocation where = SourceLocation::current()) noexcept {
    if (Engine* engine = CurrentEngine()) engine->FutexWake(Address(), sizeof(T), true, where);
  }

 protected:
  T Rmw(RmwKind kind, uint64_t operand, std::memory_order order, SourceLocation where) noexcept {
    if (Engine* engine = CurrentEngine()) {
      return internal::FromBits<T>(engine->Rmw(Address(), sizeof(T), kind, operand, order, where));
    }
    T before;
    __atomic_load(&value_, &before, __ATOMIC_RELAXED);
    T after;
    do {
      after = internal::FromBits<T>(Apply(kind, internal::ToBits(before), operand));
    } while (!__atomic_compare_exchange(&value_, &before, &after, true, static_cast<int>(order),
                                        __ATOMIC_RELAXED));
    return before;
  }

 private:
  static uint64_t Apply(RmwKind kind, uint64_t before, uint64_t operand) {
    switch (kind) {
      case RmwKind::kExchange:
        return operand;
      case RmwKind::kAdd:
        return before + operand;
      case RmwKind::kSub:
        return before - operand;
      case RmwKind::kAnd:
        return before & operand;
      case RmwKind::kOr:
        return before | operand;
      case RmwKind::kXor:
        return before ^ operand;
    }
    return before;
  }

  constexpr void Constructed(SourceLocation where) {
    if (std::is_constant_evaluated()) return;
    if (Engine* engine = CurrentEngine()) {
      engine->Construct(ObjectKind::kAtomic, Address(), sizeof(T), where);
    }
  }

  bool CompareExchange(T& expected, T desired, std::memory_order success, std::memory_order failure,
                       bool weak, SourceLocation where) noexcept {
    if (Engine* engine = CurrentEngine()) {
      uint64_t bits = internal::ToBits(expected);
      const bool done = engine->CompareExchange(
          Address(), sizeof(T), bits, internal::ToBits(desired), success, failure, weak, where);
      if (!done) expected = internal::FromBits<T>(bits);
      return done;
    }
    return __atomic_compare_exchange(&value_, &expected, &desired, weak, static_cast<int>(success),
                                     static_cast<int>(failure));
  }

  void* Address() const { return const_cast<T*>(&value_); }

  alignas(sizeof(T) == 1 || sizeof(T) == 2 || sizeof(T) == 4 || sizeof(T) == 8
              ? sizeof(T)
              : alignof(T)) T value_;
};

template <typename T>
class Atomic : public AtomicBase<T> {
 public:
  using AtomicBase<T>::AtomicBase;
  using AtomicBase<T>::operator=;
  constexpr Atomic() noexcept = default;
};

// Integers: arithmetic.
template <typename T>
  requires(std::is_integral_v<T> && !std::is_same_v<T, bool>)
class Atomic<T> : public AtomicBase<T> {
 public:
  using AtomicBase<T>::AtomicBase;
  using AtomicBase<T>::operator=;
  using difference_type = T;
  constexpr Atomic() noexcept = default;

#define ZOKIO_MODEL_FETCH(function, kind)                                     \
  T function(T operand, std::memory_order order = std::memory_order_seq_cst,  \
             SourceLocation where = SourceLocation::current()) noexcept {     \
    return this->Rmw(RmwKind::kind, internal::ToBits(operand), order, where); \
  }
  ZOKIO_MODEL_FETCH(fetch_add, kAdd)
  ZOKIO_MODEL_FETCH(fetch_sub, kSub)
  ZOKIO_MODEL_FETCH(fetch_and, kAnd)
  ZOKIO_MODEL_FETCH(fetch_or, kOr)
  ZOKIO_MODEL_FETCH(fetch_xor, kXor)
#undef ZOKIO_MODEL_FETCH

  T operator++() noexcept { return static_cast<T>(fetch_add(1) + 1); }
  T operator++(int) noexcept { return fetch_add(1); }
  T operator--() noexcept { return static_cast<T>(fetch_sub(1) - 1); }
  T operator--(int) noexcept { return fetch_sub(1); }
  T operator+=(T operand) noexcept { return static_cast<T>(fetch_add(operand) + operand); }
  T operator-=(T operand) noexcept { return static_cast<T>(fetch_sub(operand) - operand); }
  T operator&=(T operand) noexcept { return static_cast<T>(fetch_and(operand) & operand); }
  T operator|=(T operand) noexcept { return static_cast<T>(fetch_or(operand) | operand); }
  T operator^=(T operand) noexcept { return static_cast<T>(fetch_xor(operand) ^ operand); }
};

// Pointers: arithmetic in elements.
template <typename T>
class Atomic<T*> : public AtomicBase<T*> {
 public:
  using AtomicBase<T*>::AtomicBase;
  using AtomicBase<T*>::operator=;
  using difference_type = ptrdiff_t;
  constexpr Atomic() noexcept = default;

  T* fetch_add(ptrdiff_t operand, std::memory_order order = std::memory_order_seq_cst,
               SourceLocation where = SourceLocation::current()) noexcept {
    return this->Rmw(RmwKind::kAdd, static_cast<uint64_t>(operand * ptrdiff_t{sizeof(T)}), order,
                     where);
  }
  T* fetch_sub(ptrdiff_t operand, std::memory_order order = std::memory_order_seq_cst,
               SourceLocation where = SourceLocation::current()) noexcept {
    return this->Rmw(RmwKind::kSub, static_cast<uint64_t>(operand * ptrdiff_t{sizeof(T)}), order,
                     where);
  }
};

// For litmus tests; production code puts the ordering on its atomics.
inline void ThreadFence(std::memory_order order, SourceLocation where = SourceLocation::current()) {
  Engine* engine = CurrentEngine();
  if (engine == nullptr) {
    // A read-modify-write, because ThreadSanitizer (and gcc's warning of it) knows no fences.
    static std::atomic<int> word{0};
    word.fetch_add(0, std::memory_order_seq_cst);
    return;
  }
  switch (order) {
    case std::memory_order_acquire:
      engine->Fence(FenceKind::kAcquire, where);
      break;
    case std::memory_order_release:
      engine->Fence(FenceKind::kRelease, where);
      break;
    case std::memory_order_acq_rel:
      engine->Fence(FenceKind::kAcqRel, where);
      break;
    case std::memory_order_seq_cst:
      engine->Fence(FenceKind::kSeqCst, where);
      break;
    default:
      break;
  }
}

}  // namespace zokio::model

#endif  // ZOKIO_BASE_MODEL_ATOMIC_H_
