#include "mem/memory_resource.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace zokio {
namespace {

TEST(MemoryResource, CarriesPolymorphicContainers) {
  std::pmr::map<int, std::pmr::string> words(TieredResource());
  for (int i = 0; i < 1000; ++i) words.emplace(i, std::string(static_cast<size_t>(i), 'x'));
  for (auto& [number, word] : words) EXPECT_EQ(word.size(), static_cast<size_t>(number));
  EXPECT_TRUE(TieredResource()->is_equal(*TieredResource()));
  EXPECT_FALSE(TieredResource()->is_equal(*std::pmr::new_delete_resource()));
}

struct alignas(128) Wide {
  int value;
};

TEST(MemoryResource, CarriesTypedContainersAtTheirAlignment) {
  std::vector<Wide, TieredAllocator<Wide>> wides;
  for (int i = 0; i < 3000; ++i) {
    wides.push_back({i});
    ASSERT_EQ(reinterpret_cast<uintptr_t>(wides.data()) % 128, 0u);
  }
  for (int i = 0; i < 3000; ++i) EXPECT_EQ(wides[static_cast<size_t>(i)].value, i);
  EXPECT_TRUE(TieredAllocator<int>() == TieredAllocator<int>(TieredAllocator<Wide>()));
}

struct alignas(64) Base : TieredNew<Base> {
  virtual ~Base() = default;
  int64_t value = 7;
};
struct Derived : Base {
  char more[500] = {};
};

TEST(MemoryResource, CarriesClassesAndWhatDerivesFromThem) {
  std::vector<std::unique_ptr<Base>> objects;
  for (int i = 0; i < 100; ++i) {
    if (i % 2 == 0) {
      objects.push_back(std::make_unique<Base>());
    } else {
      objects.push_back(std::make_unique<Derived>());
    }
    EXPECT_EQ(reinterpret_cast<uintptr_t>(objects.back().get()) % 64, 0u);
  }
  for (auto& object : objects) EXPECT_EQ(object->value, 7);
}

}  // namespace
}  // namespace zokio
