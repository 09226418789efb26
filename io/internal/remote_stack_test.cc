#include "io/internal/remote_stack.h"

#include <vector>

#include "base/thread.h"
#include "gtest/gtest.h"

namespace zokio::io {
namespace {

struct Node {
  Node* link = nullptr;
  int producer = 0;
  int number = 0;
};

TEST(RemoteStackTest, TakesInOrderAndRefusesWhenClosed) {
  RemoteStack<Node> stack;
  EXPECT_EQ(stack.TakeAll(), nullptr);
  Node nodes[3];
  for (Node& node : nodes) EXPECT_TRUE(stack.Push(&node));
  EXPECT_FALSE(stack.empty());
  Node* first = stack.TakeAll();
  EXPECT_EQ(first, &nodes[0]);
  EXPECT_EQ(first->link, &nodes[1]);
  EXPECT_EQ(first->link->link, &nodes[2]);
  EXPECT_EQ(first->link->link->link, nullptr);
  EXPECT_TRUE(stack.Push(&nodes[1]));
  EXPECT_EQ(stack.Close(), &nodes[1]);
  EXPECT_FALSE(stack.Push(&nodes[2]));
  EXPECT_EQ(stack.Close(), nullptr);
}

// Every node pushed is taken once, each producer's in its order; after closing, none is lost
// between the last take and the first refusal.
TEST(RemoteStackTest, LosesNothingBetweenThreads) {
  constexpr int kProducers = 3;
  constexpr int kNodes = 20'000;
  RemoteStack<Node> stack;
  std::vector<std::vector<Node>> nodes(kProducers, std::vector<Node>(kNodes));
  std::vector<int> pushed(kProducers, 0);
  std::vector<Thread> producers;
  for (int p = 0; p < kProducers; ++p) {
    producers.push_back(*Thread::Start("producer", [&, p] {
      for (int i = 0; i < kNodes; ++i) {
        nodes[p][i].producer = p;
        nodes[p][i].number = i;
        if (!stack.Push(&nodes[p][i])) return;
        ++pushed[p];
      }
    }));
  }
  std::vector<int> next(kProducers, 0);
  const auto take = [&next](Node* node) {
    for (; node != nullptr; node = node->link) {
      EXPECT_EQ(node->number, next[node->producer]);
      ++next[node->producer];
    }
  };
  while (next[0] < kNodes / 2) take(stack.TakeAll());
  take(stack.Close());
  for (Thread& producer : producers) producer.Join();
  EXPECT_EQ(next, pushed);
}

}  // namespace
}  // namespace zokio::io
