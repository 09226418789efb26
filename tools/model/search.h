// Search: depth-first exploration of all choices, reduced or bounded by preemptions.
//
// A stack of nodes holds the choices of the current run; the next run repeats all but the last
// node that has something left to try. Thread choices are tried on demand of the reduction, or
// all within the bound; data choices (which store a load sees, spurious failures, whom to wake)
// are all tried.
// Thread-safety: one thread.
#ifndef ZOKIO_TOOLS_MODEL_SEARCH_H_
#define ZOKIO_TOOLS_MODEL_SEARCH_H_

#include <vector>

#include "tools/model/options.h"
#include "tools/model/reduction.h"
#include "tools/model/strategy.h"

namespace zokio::model {

class Search final : public Strategy {
 public:
  explicit Search(const Options& options)
      : reduced_(options.mode == Mode::kExhaustive), preemptions_max_(options.preemptions_max) {}

  void Begin(Execution& execution) override;
  int PickThread(ThreadMask enabled, int current) override;
  int PickData(int count) override;
  bool MayReadStale(const Object& object, int thread) override;
  void BeforeStep(int thread, const Operation& operation) override;
  void AfterStep(Step& step) override;
  void ThreadStarted(int parent, int child) override;
  bool Next() override;

 private:
  struct Node {
    bool data = false;
    int chosen = 0;
    int count = 0;  // of data choices
    ThreadMask enabled = 0;
    ThreadMask to_explore = 0;
    ThreadMask explored = 0;
    ThreadMask asleep = 0;  // exploring these again would repeat earlier runs
    int preemptions = 0;    // before this choice
  };

  void AddBacktrack(const Reduction::Race& race);
  void Explore(int thread, const Operation& operation);

  const bool reduced_;
  const int preemptions_max_;
  Execution* execution_ = nullptr;
  std::vector<Node> stack_;
  size_t depth_ = 0;       // nodes passed in this run
  size_t fresh_from_ = 0;  // races between steps of nodes before this are known
  size_t thread_node_ = 0;
  ThreadMask asleep_ = 0;
  int preemptions_ = 0;
  Reduction reduction_;
  std::vector<Reduction::Race> races_;
};

}  // namespace zokio::model

#endif  // ZOKIO_TOOLS_MODEL_SEARCH_H_
