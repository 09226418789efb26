// Peer: oneTBB in the fork-join cases, each with what is fastest in it: a group with one task and a
// direct call for two children, a parallel loop for more.
//
//   tbb_fork CASE SIZE WORKERS     prints `value=MILLISECONDS work=ANSWER`
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/partitioner.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tools/compare/load/fork_work.h"

namespace zokio::compare {
namespace {

uint64_t Fib(uint64_t n) {
  if (n < 2) return n;
  uint64_t a;
  tbb::task_group group;
  group.run([&] { a = Fib(n - 1); });
  const uint64_t b = Fib(n - 2);
  group.wait();
  return a + b;
}

uint64_t Skynet(uint64_t number, uint64_t leaves) {
  if (leaves == 1) return number;
  std::array<uint64_t, 10> sums;
  const uint64_t part = leaves / 10;
  tbb::parallel_for(
      size_t{0}, size_t{10}, [&](size_t i) { sums[i] = Skynet(number + i * part, part); },
      tbb::simple_partitioner());
  uint64_t sum = 0;
  for (uint64_t one : sums) sum += one;
  return sum;
}

uint64_t Queens(const Board& board, uint64_t column, uint64_t columns) {
  if (column == columns) return 1;
  std::array<Board, Board::kColumnsMax> next;
  size_t count = 0;
  for (uint64_t row = 0; row < columns; ++row) {
    if (!board.Admits(column, static_cast<int8_t>(row))) continue;
    next[count] = board;
    next[count++].rows[column] = static_cast<int8_t>(row);
  }
  std::array<uint64_t, Board::kColumnsMax> solutions;
  tbb::parallel_for(
      size_t{0}, count, [&](size_t i) { solutions[i] = Queens(next[i], column + 1, columns); },
      tbb::simple_partitioner());
  uint64_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum += solutions[i];
  return sum;
}

void Multiply(Square a, Square b, Square c) {
  if (c.size == kLeafSquare) {
    MultiplyLeaf(a, b, c);
    return;
  }
  for (size_t k = 0; k < 2; ++k) {
    tbb::task_group group;
    for (size_t i = 0; i < 4; ++i) {
      group.run(
          [=] { Multiply(a.Quarter(i / 2, k), b.Quarter(k, i % 2), c.Quarter(i / 2, i % 2)); });
    }
    group.wait();
  }
}

int Main(std::string_view name, uint64_t size, int workers) {
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                  static_cast<size_t>(workers));
  tbb::task_arena arena(workers);
  if (name == "fork_fib39") {
    arena.execute([&] { return Fib(size / 2); });
    TimeOnce([&] { return arena.execute([&] { return Fib(size); }); });
  } else if (name == "fork_skynet8") {
    arena.execute([&] { return Skynet(0, 1000); });
    TimeOnce([&] { return arena.execute([&] { return Skynet(0, size); }); });
  } else if (name == "fork_nqueens14") {
    arena.execute([&] { return Queens(Board{}, 0, size / 2); });
    TimeOnce([&] { return arena.execute([&] { return Queens(Board{}, 0, size); }); });
  } else if (name == "fork_matmul2048") {
    Matrices matrices(size);
    arena.execute([&] { Multiply(matrices.a(), matrices.b(), matrices.c()); });
    matrices.Clear();
    TimeOnce([&] {
      arena.execute([&] { Multiply(matrices.a(), matrices.b(), matrices.c()); });
      return matrices.Sum();
    });
  } else {
    std::fputs("tbb_fork: no such case\n", stderr);
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
