#include "future/task.h"

#include <cstdio>

#include "future/local_executor.h"

namespace {

zokio::Task<int> Fibonacci(int n) {
  if (n < 2) co_return n;
  const int a = co_await Fibonacci(n - 1);
  const int b = co_await Fibonacci(n - 2);
  co_return a + b;
}

}  // namespace

int main() {
  const int value = zokio::BlockOn(Fibonacci(15));
  std::printf("fibonacci of 15: %d\n", value);
  return value == 610 ? 0 : 1;
}
