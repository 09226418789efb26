#include "tools/model/shorten.h"

#include <bit>
#include <utility>

#include "tools/model/strategy.h"

namespace zokio::model {
namespace {

// A wish: which thread runs how many steps, in which order, and each thread's data choices. What
// cannot be had (the thread is blocked or gone) is passed over.
struct Wish {
  struct Block {
    int thread;
    int steps;
  };
  std::vector<Block> blocks;
  std::vector<int> data;  // in order of use
};

class Guided final : public Strategy {
 public:
  explicit Guided(const Wish& wish) : wish_(wish) {}

  void Begin(Execution&) override {}
  int PickThread(ThreadMask enabled, int current) override {
    while (block_ < wish_.blocks.size()) {
      const Wish::Block& block = wish_.blocks[block_];
      if (used_ < block.steps && (enabled & Bit(block.thread)) != 0) {
        ++used_;
        return block.thread;
      }
      ++block_;
      used_ = 0;
    }
    if (current >= 0 && (enabled & Bit(current)) != 0) return current;
    return std::countr_zero(enabled);
  }
  int PickData(int count) override {
    const int choice = next_data_ < wish_.data.size() ? wish_.data[next_data_] : 0;
    ++next_data_;
    return choice < count ? choice : 0;
  }
  bool Next() override { return false; }

 private:
  const Wish& wish_;
  size_t block_ = 0;
  int used_ = 0;
  size_t next_data_ = 0;
};

Wish WishOf(const Choices& choices) {
  Wish wish;
  for (size_t i = 0; i < choices.values.size(); ++i) {
    if (!choices.is_thread[i]) {
      wish.data.push_back(choices.values[i]);
    } else if (!wish.blocks.empty() && wish.blocks.back().thread == choices.values[i]) {
      ++wish.blocks.back().steps;
    } else {
      wish.blocks.push_back({choices.values[i], 1});
    }
  }
  return wish;
}

// Fewer is simpler: switches first, then odd values, then steps.
size_t CostOf(const Choices& choices) {
  const Wish wish = WishOf(choices);
  size_t odd = 0;
  for (const int choice : wish.data) odd += choice != 0;
  return wish.blocks.size() * 10 + odd * 10 + choices.values.size();
}

class Shortener {
 public:
  Shortener(const Options& options, const std::function<void()>& body, Choices failing,
            Verdict verdict)
      : execution_(options),
        body_(body),
        verdict_(verdict),
        best_(std::move(failing)),
        cost_(CostOf(best_)) {}

  Choices Run() {
    while (Improve() && tries_ < kTriesMax) {
    }
    return best_;
  }

 private:
  static constexpr int kTriesMax = 3000;

  bool Try(const Wish& wish) {
    if (++tries_ > kTriesMax) return false;
    Guided guided(wish);
    execution_.Run(body_, guided);
    if (execution_.verdict() != verdict_) return false;
    Choices found{execution_.choices(), execution_.choice_is_thread()};
    const size_t cost = CostOf(found);
    if (cost >= cost_) return false;
    best_ = std::move(found);
    cost_ = cost;
    return true;
  }

  // One pass over the ways to simplify; true if one worked.
  bool Improve() {
    const Wish wish = WishOf(best_);
    for (size_t i = 0; i + 1 < wish.blocks.size(); ++i) {
      // Without this block; its steps come when nothing else is wished for.
      Wish dropped = wish;
      dropped.blocks.erase(dropped.blocks.begin() + static_cast<ptrdiff_t>(i));
      if (Try(dropped)) return true;
      // The thread runs on, as far as its next block went.
      for (size_t j = i + 1; j < wish.blocks.size(); ++j) {
        if (wish.blocks[j].thread != wish.blocks[i].thread) continue;
        Wish merged = wish;
        merged.blocks[i].steps += merged.blocks[j].steps;
        merged.blocks.erase(merged.blocks.begin() + static_cast<ptrdiff_t>(j));
        if (Try(merged)) return true;
        Wish later = wish;
        later.blocks[j].steps += later.blocks[i].steps;
        later.blocks.erase(later.blocks.begin() + static_cast<ptrdiff_t>(i));
        if (Try(later)) return true;
        break;
      }
    }
    for (size_t i = 0; i < wish.data.size(); ++i) {
      if (wish.data[i] == 0) continue;
      Wish newest = wish;
      newest.data[i] = 0;
      if (Try(newest)) return true;
    }
    return false;
  }

  Execution execution_;
  const std::function<void()>& body_;
  const Verdict verdict_;
  Choices best_;
  size_t cost_;
  int tries_ = 0;
};

}  // namespace

Choices Shorten(const Options& options, const std::function<void()>& body, const Choices& failing,
                Verdict verdict) {
  return Shortener(options, body, failing, verdict).Run();
}

}  // namespace zokio::model
