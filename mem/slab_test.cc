#include "mem/slab.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/random.h"

namespace zokio {
namespace {

TEST(Slab, AHandleFindsItsObjectUntilItIsErased) {
  Slab<std::string> slab;
  const SlabHandle handle = slab.Emplace("hello");
  ASSERT_TRUE(handle);
  EXPECT_EQ(*slab.Get(handle), "hello");
  EXPECT_EQ(slab.size(), 1u);
  EXPECT_TRUE(slab.Erase(handle));
  EXPECT_EQ(slab.Get(handle), nullptr);
  EXPECT_FALSE(slab.Erase(handle));
  EXPECT_TRUE(slab.empty());
}

TEST(Slab, AnOldHandleDoesNotFindTheSlotsNextObject) {
  Slab<int> slab;
  const SlabHandle first = slab.Emplace(1);
  slab.Erase(first);
  const SlabHandle second = slab.Emplace(2);
  EXPECT_EQ(second.slot, first.slot);
  EXPECT_NE(second.generation, first.generation);
  EXPECT_EQ(slab.Get(first), nullptr);
  EXPECT_EQ(*slab.Get(second), 2);
  EXPECT_EQ(slab.capacity(), 1u);
}

struct Tree {
  Tree(Slab<Tree>& slab, int depth) : own_depth(depth) {
    if (depth > 0) child = slab.Emplace(slab, depth - 1);
  }
  int own_depth;
  SlabHandle child;
};

TEST(Slab, AConstructorMayEmplaceOthers) {
  Slab<Tree> slab;
  slab.Erase(slab.Emplace(slab, 2));  // one free slot, and two that live
  const SlabHandle root = slab.Emplace(slab, 3);
  EXPECT_EQ(slab.size(), 6u);
  SlabHandle node = root;
  for (int depth = 3; depth >= 0; --depth) {
    ASSERT_NE(slab.Get(node), nullptr);
    EXPECT_EQ(slab.Get(node)->own_depth, depth);
    node = slab.Get(node)->child;
  }
}

TEST(Slab, ForeignHandlesFindNothing) {
  Slab<int> slab;
  slab.Emplace(1);
  EXPECT_EQ(slab.Get({}), nullptr);
  EXPECT_EQ(slab.Get({0, 0}), nullptr);
  EXPECT_EQ(slab.Get({0, 2}), nullptr);
  EXPECT_EQ(slab.Get({0, 3}), nullptr);
  EXPECT_EQ(slab.Get({1, 1}), nullptr);
  EXPECT_EQ(slab.Get({UINT32_MAX, 1}), nullptr);
  EXPECT_EQ(slab.Get(SlabHandle::FromBits(~uint64_t{0})), nullptr);
}

TEST(Slab, AFreeSlotIsNotFoundByItsEvenGeneration) {
  Slab<int> slab;
  const SlabHandle handle = slab.Emplace(1);
  slab.Erase(handle);
  EXPECT_EQ(slab.Get({handle.slot, handle.generation + 1}), nullptr);
}

TEST(Slab, HandlesTravelAsBits) {
  const SlabHandle handle{123, 456};
  EXPECT_EQ(SlabHandle::FromBits(handle.ToBits()), handle);
}

TEST(Slab, KeepsToItsLimit) {
  Slab<int> slab(3);
  std::vector<SlabHandle> handles;
  for (int i = 0; i < 3; ++i) handles.push_back(slab.Emplace(i));
  EXPECT_FALSE(slab.Emplace(3));
  slab.Erase(handles[1]);
  EXPECT_TRUE(slab.Emplace(4));
  EXPECT_FALSE(slab.Emplace(5));
}

TEST(Slab, DestroysWhatIsLeft) {
  auto counted = std::make_shared<int>(0);
  {
    Slab<std::shared_ptr<int>> slab;
    for (int i = 0; i < 200; ++i) slab.Emplace(counted);
    slab.Erase(slab.HandleAt(7));
    EXPECT_FALSE(slab.HandleAt(7));
    EXPECT_EQ(counted.use_count(), 200);
  }
  EXPECT_EQ(counted.use_count(), 1);
}

TEST(Slab, ADestructorMayUseTheSlab) {
  struct Eraser {
    Slab<Eraser>* slab;
    SlabHandle other;
    ~Eraser() { slab->Erase(other); }
  };
  Slab<Eraser> slab;
  const SlabHandle first = slab.Emplace(&slab, SlabHandle{});
  const SlabHandle second = slab.Emplace(&slab, first);
  slab.Get(first)->other = second;  // a cycle
  EXPECT_TRUE(slab.Erase(second));
  EXPECT_TRUE(slab.empty());
}

TEST(Slab, ObjectsDoNotMoveAndAreAligned) {
  struct alignas(128) Line {
    int value;
  };
  Slab<Line> slab;
  std::vector<std::pair<SlabHandle, Line*>> all;
  for (int i = 0; i < 1000; ++i) {
    const SlabHandle handle = slab.Emplace(i);
    all.emplace_back(handle, slab.Get(handle));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(slab.Get(handle)) % 128, 0u);
  }
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(slab.Get(all[i].first), all[i].second);
    EXPECT_EQ(all[i].second->value, i);
  }
}

TEST(Slab, AgreesWithAMapUnderRandomOperations) {
  Random random(7);
  Slab<std::string> slab;
  std::unordered_map<uint64_t, std::string> model;
  std::vector<SlabHandle> ever;
  for (int step = 0; step < 50'000; ++step) {
    if (ever.empty() || random.Below(100) < 45) {
      std::string text = "object " + std::to_string(step);
      const SlabHandle handle = slab.Emplace(text);
      ASSERT_TRUE(model.emplace(handle.ToBits(), text).second) << "a handle came twice";
      ever.push_back(handle);
    } else {
      const SlabHandle handle = ever[random.Below(static_cast<uint32_t>(ever.size()))];
      const auto found = model.find(handle.ToBits());
      const std::string* object = slab.Get(handle);
      ASSERT_EQ(object != nullptr, found != model.end());
      if (object != nullptr) {
        ASSERT_EQ(*object, found->second);
        ASSERT_TRUE(slab.Erase(handle));
        model.erase(found);
      }
    }
    ASSERT_EQ(slab.size(), model.size());
  }
  size_t visited = 0;
  slab.ForEach([&](SlabHandle handle, std::string& text) {
    ++visited;
    EXPECT_EQ(model.at(handle.ToBits()), text);
  });
  EXPECT_EQ(visited, model.size());
}

TEST(Slab, AnErasedObjectIsPoisoned) {
  if (!mem_internal::kAddressSanitizer) GTEST_SKIP() << "poisoning is AddressSanitizer's";
  Slab<int> slab;
  const SlabHandle handle = slab.Emplace(1);
  int* object = slab.Get(handle);
  EXPECT_FALSE(mem_internal::IsPoisoned(object));
  slab.Erase(handle);
  EXPECT_TRUE(mem_internal::IsPoisoned(object));
}

}  // namespace
}  // namespace zokio
