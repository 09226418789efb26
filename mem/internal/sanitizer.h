// What the memory package tells the sanitizers.
//
// Pooled memory is poisoned while nobody owns it, so that AddressSanitizer finds a use after free
// inside a pool as it does in malloc; mappings that hold live objects are registered as roots of
// LeakSanitizer, which otherwise would not look for pointers in them.
//
// Cost: nothing in a build without AddressSanitizer.
#ifndef ZOKIO_MEM_INTERNAL_SANITIZER_H_
#define ZOKIO_MEM_INTERNAL_SANITIZER_H_

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define ZOKIO_MEM_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ZOKIO_MEM_ASAN 1
#endif
#endif

#if defined(__SANITIZE_THREAD__)
#define ZOKIO_MEM_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ZOKIO_MEM_TSAN 1
#endif
#endif

#ifdef ZOKIO_MEM_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>
#endif

namespace zokio::mem_internal {

#ifdef ZOKIO_MEM_ASAN
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif
#ifdef ZOKIO_MEM_TSAN
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif

// Nobody may touch [block, block + size) until Unpoison.
inline void Poison([[maybe_unused]] const void* block, [[maybe_unused]] size_t size) {
#ifdef ZOKIO_MEM_ASAN
  __asan_poison_memory_region(block, size);
#endif
}

inline void Unpoison([[maybe_unused]] const void* block, [[maybe_unused]] size_t size) {
#ifdef ZOKIO_MEM_ASAN
  __asan_unpoison_memory_region(block, size);
#endif
}

// Whether a sanitizer would refuse an access to `address`; false without AddressSanitizer.
inline bool IsPoisoned([[maybe_unused]] const void* address) {
#ifdef ZOKIO_MEM_ASAN
  return __asan_address_is_poisoned(address) != 0;
#else
  return false;
#endif
}

// Pointers found in this mapping keep what they point to alive.
inline void RegisterRoots([[maybe_unused]] const void* mapping, [[maybe_unused]] size_t size) {
#ifdef ZOKIO_MEM_ASAN
  __lsan_register_root_region(mapping, size);
#endif
}

inline void UnregisterRoots([[maybe_unused]] const void* mapping, [[maybe_unused]] size_t size) {
#ifdef ZOKIO_MEM_ASAN
  __lsan_unregister_root_region(mapping, size);
#endif
}

}  // namespace zokio::mem_internal

#endif  // ZOKIO_MEM_INTERNAL_SANITIZER_H_
