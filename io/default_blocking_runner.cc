#include "io/default_blocking_runner.h"

#include <memory>
#include <utility>

namespace zokio::io {
namespace {

class CallJob final : public BlockingJob {
 public:
  CallJob(BlockingRunner::Call call, void* argument) : call_(call), argument_(argument) {}
  ~CallJob() override {
    if (call_ != nullptr) call_(argument_, /*run=*/false);
  }
  void Run() override { std::exchange(call_, nullptr)(argument_, /*run=*/true); }

 private:
  BlockingRunner::Call call_;
  void* argument_;
};

BlockingPoolOptions DefaultOptions() {
  BlockingPoolOptions options;
  options.threads_max = 64;
  options.thread_name = "zokio-file";
  return options;
}

}  // namespace

void PoolBlockingRunner::Run(Call call, void* argument) {
  // Refused, the job is destroyed, which makes the call without running it.
  (void)pool_->Post(std::make_unique<CallJob>(call, argument));
}

BlockingRunner* DefaultBlockingRunner() {
  // Its threads are joined when the process exits.
  static BlockingPool pool(DefaultOptions());
  static PoolBlockingRunner runner(&pool);
  return &runner;
}

}  // namespace zokio::io
