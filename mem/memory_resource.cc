#include "mem/memory_resource.h"

namespace zokio {
namespace {

class Resource final : public std::pmr::memory_resource {
  void* do_allocate(size_t size, size_t alignment) override {
    void* memory = AllocateAligned(size, alignment);
    ZOKIO_CHECK(memory != nullptr, "no memory for a container");
    return memory;
  }
  void do_deallocate(void* memory, size_t size, size_t alignment) override {
    FreeAligned(memory, size, alignment);
  }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }
};

}  // namespace

std::pmr::memory_resource* TieredResource() {
  // Never destroyed: containers of static life may outlive any order of destruction.
  alignas(Resource) static unsigned char memory[sizeof(Resource)];
  static Resource* const resource = new (memory) Resource;
  return resource;
}

}  // namespace zokio
