// What the fork-join cases compute, without the forks: both sides call the same code.
#ifndef ZOKIO_TOOLS_COMPARE_LOAD_FORK_WORK_H_
#define ZOKIO_TOOLS_COMPARE_LOAD_FORK_WORK_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <vector>

namespace zokio::compare {

// Queens on a board of at most 16 columns: the row of the queen of each column so far.
struct Board {
  static constexpr size_t kColumnsMax = 16;

  std::array<int8_t, kColumnsMax> rows;

  bool Admits(size_t column, int8_t row) const {
    for (size_t i = 0; i < column; ++i) {
      const int distance = static_cast<int>(column - i);
      const int difference = rows[i] - row;
      if (difference == 0 || difference == distance || difference == -distance) return false;
    }
    return true;
  }
};

// A square part of a matrix whose rows are `stride` apart.
struct Square {
  double* at;
  size_t stride;
  size_t size;

  Square Quarter(size_t row, size_t column) const {
    return Square{at + (row * stride + column) * (size / 2), stride, size / 2};
  }
};

inline constexpr size_t kLeafSquare = 64;

// c += a * b for squares of kLeafSquare.
[[gnu::noinline]] inline void MultiplyLeaf(Square a, Square b, Square c) {
  for (size_t i = 0; i < kLeafSquare; ++i) {
    double* __restrict out = c.at + i * c.stride;
    for (size_t k = 0; k < kLeafSquare; ++k) {
      const double factor = a.at[i * a.stride + k];
      const double* __restrict in = b.at + k * b.stride;
      for (size_t j = 0; j < kLeafSquare; ++j) out[j] += factor * in[j];
    }
  }
}

// Two operands of small whole numbers, a result, and its sum: exact in double.
class Matrices {
 public:
  explicit Matrices(size_t size) : size_(size), a_(size * size), b_(size * size), c_(size * size) {
    for (size_t i = 0; i < size * size; ++i) {
      a_[i] = static_cast<double>(i % 3);
      b_[i] = static_cast<double>(i % 5);
    }
  }
  void Clear() { c_.assign(c_.size(), 0.0); }
  Square a() { return {a_.data(), size_, size_}; }
  Square b() { return {b_.data(), size_, size_}; }
  Square c() { return {c_.data(), size_, size_}; }
  uint64_t Sum() const {
    double sum = 0;
    for (double value : c_) sum += value;
    return static_cast<uint64_t>(sum);
  }

 private:
  const size_t size_;
  std::vector<double> a_, b_, c_;
};

// Times one run and prints `value=MILLISECONDS work=ANSWER`.
template <typename Run>
void TimeOnce(Run&& run) {
  const auto start = std::chrono::steady_clock::now();
  const uint64_t answer = run();
  const std::chrono::duration<double, std::milli> elapsed =
      std::chrono::steady_clock::now() - start;
  std::printf("value=%.3f work=%llu\n", elapsed.count(), static_cast<unsigned long long>(answer));
}

}  // namespace zokio::compare

#endif  // ZOKIO_TOOLS_COMPARE_LOAD_FORK_WORK_H_
