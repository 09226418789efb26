// Ours in the fork-join cases: coroutines that fork coroutines.
//
//   fork_cases CASE SIZE WORKERS     prints `value=MILLISECONDS work=ANSWER`
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>

#include "base/check.h"
#include "future/task.h"
#include "sched/fork.h"
#include "sched/scheduler.h"
#include "tools/compare/load/fork_work.h"

namespace zokio::compare {
namespace {

Task<uint64_t> Fib(uint64_t n) {
  if (n < 2) co_return n;
  auto [a, b] = co_await Fork(Fib(n - 1), Fib(n - 2));
  co_return a + b;
}

Task<uint64_t> Skynet(uint64_t number, uint64_t leaves) {
  if (leaves == 1) co_return number;
  std::array<uint64_t, 10> sums;
  const uint64_t part = leaves / 10;
  co_await ForkEach(std::span(sums), [&](size_t i) { return Skynet(number + i * part, part); });
  uint64_t sum = 0;
  for (uint64_t one : sums) sum += one;
  co_return sum;
}

Task<uint64_t> Queens(Board board, uint64_t column, uint64_t columns) {
  if (column == columns) co_return 1;
  std::array<Board, Board::kColumnsMax> next;
  size_t count = 0;
  for (uint64_t row = 0; row < columns; ++row) {
    if (!board.Admits(column, static_cast<int8_t>(row))) continue;
    next[count] = board;
    next[count++].rows[column] = static_cast<int8_t>(row);
  }
  std::array<uint64_t, Board::kColumnsMax> solutions;
  co_await ForkEach(std::span(solutions).first(count),
                    [&](size_t i) { return Queens(next[i], column + 1, columns); });
  uint64_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum += solutions[i];
  co_return sum;
}

Task<> Multiply(Square a, Square b, Square c) {
  if (c.size == kLeafSquare) {
    MultiplyLeaf(a, b, c);
    co_return;
  }
  for (size_t k = 0; k < 2; ++k) {
    co_await ForkEach(4, [&](size_t i) {
      const size_t row = i / 2;
      const size_t column = i % 2;
      return Multiply(a.Quarter(row, k), b.Quarter(k, column), c.Quarter(row, column));
    });
  }
}

int Main(std::string_view name, uint64_t size, int workers) {
  auto created = Scheduler::Create();
  ZOKIO_CHECK(created.ok(), "no scheduler");
  Scheduler& scheduler = *created.value();
  ZOKIO_CHECK(scheduler.workers() == workers,
              "the harness pins to as many cores as the peers have workers");
  if (name == "fork_fib39") {
    scheduler.BlockOn(Fib(size / 2));
    TimeOnce([&] { return scheduler.BlockOn(Fib(size)); });
  } else if (name == "fork_skynet8") {
    scheduler.BlockOn(Skynet(0, 1000));
    TimeOnce([&] { return scheduler.BlockOn(Skynet(0, size)); });
  } else if (name == "fork_nqueens14") {
    scheduler.BlockOn(Queens(Board{}, 0, size / 2));
    TimeOnce([&] { return scheduler.BlockOn(Queens(Board{}, 0, size)); });
  } else if (name == "fork_matmul2048") {
    Matrices matrices(size);
    scheduler.BlockOn(Multiply(matrices.a(), matrices.b(), matrices.c()));
    matrices.Clear();
    TimeOnce([&] {
      scheduler.BlockOn(Multiply(matrices.a(), matrices.b(), matrices.c()));
      return matrices.Sum();
    });
  } else {
    std::fputs("fork_cases: no such case\n", stderr);
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace zokio::compare

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: %s CASE SIZE WORKERS\n", argv[0]);
    return 2;
  }
  return zokio::compare::Main(argv[1], std::strtoull(argv[2], nullptr, 10), std::atoi(argv[3]));
}
