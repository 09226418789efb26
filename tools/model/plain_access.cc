// The entry points that -fsanitize=thread calls, here for the model checker: each plain access of
// the code under test is checked for data races and for use of freed memory.
//
// Atomics that are not seams (reference counts inside the standard library) are taken as ordering
// everything around them: they are not what is being checked.
#include <cstring>

#include "tools/model/execution.h"

namespace {

using zokio::model::Execution;

[[gnu::always_inline]] inline void Access(const void* address, size_t size, bool write,
                                          const void* pc) {
  if (Execution* execution = Execution::Current()) {
    execution->PlainAccess(address, size, write, pc);
  }
}

[[gnu::always_inline]] inline void Atomic(const volatile void* address) {
  if (Execution* execution = Execution::Current()) {
    execution->ForeignAtomic(const_cast<const void*>(address));
  }
}

}  // namespace

#define ZOKIO_PC __builtin_return_address(0)

extern "C" {

void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_ignore_thread_begin() {}
void __tsan_ignore_thread_end() {}

#define ZOKIO_ACCESS(size)                                                                         \
  void __tsan_read##size(void* address) { Access(address, size, false, ZOKIO_PC); }                \
  void __tsan_write##size(void* address) { Access(address, size, true, ZOKIO_PC); }                \
  void __tsan_read_write##size(void* address) { Access(address, size, true, ZOKIO_PC); }           \
  void __tsan_unaligned_read##size(void* address) { Access(address, size, false, ZOKIO_PC); }      \
  void __tsan_unaligned_write##size(void* address) { Access(address, size, true, ZOKIO_PC); }      \
  void __tsan_unaligned_read_write##size(void* address) { Access(address, size, true, ZOKIO_PC); } \
  void __tsan_volatile_read##size(void* address) { Access(address, size, false, ZOKIO_PC); }       \
  void __tsan_volatile_write##size(void* address) { Access(address, size, true, ZOKIO_PC); }
ZOKIO_ACCESS(1)
ZOKIO_ACCESS(2)
ZOKIO_ACCESS(4)
ZOKIO_ACCESS(8)
ZOKIO_ACCESS(16)

void __tsan_read_range(void* address, size_t size) { Access(address, size, false, ZOKIO_PC); }
void __tsan_write_range(void* address, size_t size) { Access(address, size, true, ZOKIO_PC); }
void __tsan_vptr_update(void** address, void*) { Access(address, sizeof(void*), true, ZOKIO_PC); }
void __tsan_vptr_read(void** address) { Access(address, sizeof(void*), false, ZOKIO_PC); }

void* __tsan_memcpy(void* to, const void* from, size_t size) {
  Access(from, size, false, ZOKIO_PC);
  Access(to, size, true, ZOKIO_PC);
  return std::memcpy(to, from, size);
}
void* __tsan_memmove(void* to, const void* from, size_t size) {
  Access(from, size, false, ZOKIO_PC);
  Access(to, size, true, ZOKIO_PC);
  return std::memmove(to, from, size);
}
void* __tsan_memset(void* to, int value, size_t size) {
  Access(to, size, true, ZOKIO_PC);
  return std::memset(to, value, size);
}

#define ZOKIO_ATOMIC(bits, type)                                                                   \
  type __tsan_atomic##bits##_load(const volatile type* a, int) {                                   \
    Atomic(a);                                                                                     \
    return __atomic_load_n(a, __ATOMIC_SEQ_CST);                                                   \
  }                                                                                                \
  void __tsan_atomic##bits##_store(volatile type* a, type value, int) {                            \
    Atomic(a);                                                                                     \
    __atomic_store_n(a, value, __ATOMIC_SEQ_CST);                                                  \
  }                                                                                                \
  type __tsan_atomic##bits##_exchange(volatile type* a, type value, int) {                         \
    Atomic(a);                                                                                     \
    return __atomic_exchange_n(a, value, __ATOMIC_SEQ_CST);                                        \
  }                                                                                                \
  type __tsan_atomic##bits##_fetch_add(volatile type* a, type value, int) {                        \
    Atomic(a);                                                                                     \
    return __atomic_fetch_add(a, value, __ATOMIC_SEQ_CST);                                         \
  }                                                                                                \
  type __tsan_atomic##bits##_fetch_sub(volatile type* a, type value, int) {                        \
    Atomic(a);                                                                                     \
    return __atomic_fetch_sub(a, value, __ATOMIC_SEQ_CST);                                         \
  }                                                                                                \
  type __tsan_atomic##bits##_fetch_and(volatile type* a, type value, int) {                        \
    Atomic(a);                                                                                     \
    return __atomic_fetch_and(a, value, __ATOMIC_SEQ_CST);                                         \
  }                                                                                                \
  type __tsan_atomic##bits##_fetch_or(volatile type* a, type value, int) {                         \
    Atomic(a);                                                                                     \
    return __atomic_fetch_or(a, value, __ATOMIC_SEQ_CST);                                          \
  }                                                                                                \
  type __tsan_atomic##bits##_fetch_xor(volatile type* a, type value, int) {                        \
    Atomic(a);                                                                                     \
    return __atomic_fetch_xor(a, value, __ATOMIC_SEQ_CST);                                         \
  }                                                                                                \
  int __tsan_atomic##bits##_compare_exchange_strong(volatile type* a, type* expected,              \
                                                    type desired, int, int) {                      \
    Atomic(a);                                                                                     \
    return __atomic_compare_exchange_n(a, expected, desired, false, __ATOMIC_SEQ_CST,              \
                                       __ATOMIC_SEQ_CST);                                          \
  }                                                                                                \
  int __tsan_atomic##bits##_compare_exchange_weak(volatile type* a, type* expected, type desired,  \
                                                  int, int) {                                      \
    Atomic(a);                                                                                     \
    return __atomic_compare_exchange_n(a, expected, desired, false, __ATOMIC_SEQ_CST,              \
                                       __ATOMIC_SEQ_CST);                                          \
  }                                                                                                \
  type __tsan_atomic##bits##_compare_exchange_val(volatile type* a, type expected, type desired,   \
                                                  int, int) {                                      \
    Atomic(a);                                                                                     \
    __atomic_compare_exchange_n(a, &expected, desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
    return expected;                                                                               \
  }
ZOKIO_ATOMIC(8, uint8_t)
ZOKIO_ATOMIC(16, uint16_t)
ZOKIO_ATOMIC(32, uint32_t)
ZOKIO_ATOMIC(64, uint64_t)

void __tsan_atomic_thread_fence(int) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
void __tsan_atomic_signal_fence(int) {}

// base/context_switch.cc tells the sanitizer of its fibers; the checker knows them already.
void* __tsan_get_current_fiber() { return nullptr; }
void* __tsan_create_fiber(unsigned) { return nullptr; }
void __tsan_destroy_fiber(void*) {}
void __tsan_switch_to_fiber(void*, unsigned) {}

}  // extern "C"
