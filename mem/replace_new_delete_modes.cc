#include "mem/replace_new_delete_modes.h"

#include <pthread.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>

#include "base/check.h"
#include "mem/allocator.h"
#include "mem/internal/new_operators.h"

namespace zokio {
namespace {

constexpr std::string_view kProfileTo = "profile:";

struct Modes {
  HardenedHeap* hardened = nullptr;
  HeapProfile* profile = nullptr;
  const char* profile_file = nullptr;
};

const Modes& TheModes();

void ReportAtExit() {
  const Modes& modes = TheModes();
  if (modes.hardened != nullptr) return modes.hardened->Verify();
  if (modes.profile_file == nullptr) {
    static_cast<void>(modes.profile->ReportLeaks());
    return;
  }
  const std::string dump = modes.profile->Dump();
  std::FILE* file = std::fopen(modes.profile_file, "we");
  const bool written = file != nullptr && std::fwrite(dump.data(), 1, dump.size(), file) > 0;
  if (file == nullptr || std::fclose(file) != 0 || !written) {
    std::fprintf(stderr, "ZOKIO_MEM: the profile could not be written to %s\n", modes.profile_file);
  }
}

template <typename Heap, typename Options>
Heap* MakeHeap(Options options) {
  // A fork takes the allocator's locks after the heap's, as the heap does: what is known first is
  // taken last.
  Free(Allocate(1));
  alignas(Heap) static unsigned char memory[sizeof(Heap)];
  static Heap* heap;
  heap = new (memory) Heap(options);
  pthread_atfork([] { heap->LockForFork(); }, [] { heap->UnlockAfterFork(); },
                 [] { heap->UnlockAfterFork(); });
  return heap;
}

Modes MakeModes() {
  Modes modes;
  // Before main, or in a program that does not change its environment while it starts threads.
  const char* value = std::getenv("ZOKIO_MEM");  // NOLINT(concurrency-mt-unsafe)
  const std::string_view mode = value == nullptr ? "tiered" : value;
  if (mode.empty() || mode == "tiered") return modes;
  bool report = true;
  if (mode == "hardened" || mode == "guarded") {
    modes.hardened = MakeHeap<HardenedHeap>(HardenedOptions{.guard_pages = mode == "guarded"});
  } else if (mode == "leaks") {
    modes.profile = MakeHeap<HeapProfile>(HeapProfileOptions{.interval_bytes = 1});
  } else if (mode == "profile" || mode.starts_with(kProfileTo)) {
    modes.profile = MakeHeap<HeapProfile>(HeapProfileOptions{});
    report = mode != "profile";
    if (report) modes.profile_file = value + kProfileTo.size();
  } else {
    char message[160];
    std::snprintf(message, sizeof(message),
                  "ZOKIO_MEM=%s: tiered, hardened, guarded, profile, profile:FILE or leaks", value);
    ZOKIO_CHECK(false, message);
  }
  // The first allocation comes early, so this runs late, when most destructors have run.
  if (report) std::atexit(&ReportAtExit);
  return modes;
}

const Modes& TheModes() {
  static const Modes modes = MakeModes();
  return modes;
}

struct ModalHeap {
  static void* Allocate(size_t size) {
    const Modes& modes = TheModes();
    if (modes.hardened != nullptr) return modes.hardened->Allocate(size);
    if (modes.profile != nullptr) return modes.profile->Allocate(size);
    return zokio::Allocate(size);
  }
  static void* AllocateAligned(size_t size, size_t alignment) {
    const Modes& modes = TheModes();
    if (modes.hardened != nullptr) return modes.hardened->AllocateAligned(size, alignment);
    if (modes.profile != nullptr) return modes.profile->AllocateAligned(size, alignment);
    return zokio::AllocateAligned(size, alignment);
  }
  static void Free(void* block) {
    const Modes& modes = TheModes();
    if (modes.hardened != nullptr) return modes.hardened->Free(block);
    if (modes.profile != nullptr) return modes.profile->Free(block);
    zokio::Free(block);
  }
  static void Free(void* block, size_t size) {
    const Modes& modes = TheModes();
    if (modes.hardened != nullptr) return modes.hardened->Free(block, size);
    if (modes.profile != nullptr) return modes.profile->Free(block, size);
    zokio::Free(block, size);
  }
  static void FreeAligned(void* block, size_t size, size_t alignment) {
    const Modes& modes = TheModes();
    if (modes.hardened != nullptr) return modes.hardened->Free(block, size);
    if (modes.profile != nullptr) return modes.profile->FreeAligned(block, size, alignment);
    zokio::FreeAligned(block, size, alignment);
  }
};

}  // namespace

HardenedHeap* NewDeleteHardened() { return TheModes().hardened; }
HeapProfile* NewDeleteProfile() { return TheModes().profile; }

}  // namespace zokio

ZOKIO_DEFINE_NEW_AND_DELETE(zokio::ModalHeap)
