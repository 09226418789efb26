#include "runtime/runtime.h"

#include <cstdio>

#include "base/check.h"
#include "base/mutex.h"
#include "io/create_loop.h"
#include "io/loop_driver.h"
#include "runtime/memory_hooks.h"

namespace zokio {

// In the order of their making: the scheduler goes first, with it the drivers.
struct Runtime::State {
  State(const RuntimeOptions& options, io::BackendPlan backend_plan)
      : hooks(options.hooks, options.decay_memory_when_idle), plan(std::move(backend_plan)) {}

  internal::MemoryHooks hooks;
  io::BackendPlan plan;
  Mutex loops_mutex;                   // a spare worker's loop comes later
  std::vector<const io::Loop*> loops;  // owned by the scheduler's drivers
  std::unique_ptr<Scheduler> scheduler;
};

Result<std::unique_ptr<Runtime::State>> Runtime::MakeState(const RuntimeOptions& options) {
  Result<io::BackendPlan> plan = io::BackendPlan::Make(options.io);
  if (!plan.ok()) return plan.error();
  auto state = std::make_unique<State>(options, *std::move(plan));
  SchedulerOptions scheduler_options;
  scheduler_options.workers = options.workers;
  scheduler_options.hooks = &state->hooks;
  scheduler_options.stuck_poll_limit = options.stuck_poll_limit;
  scheduler_options.on_stuck_poll = options.on_stuck_poll;
  scheduler_options.stuck_poll_stack = options.stuck_poll_stack;
  scheduler_options.spare_workers_max = options.spare_workers_max;
  scheduler_options.affinity = options.affinity;
  scheduler_options.topology = options.topology;
  scheduler_options.virtual_clock = options.virtual_clock;
  scheduler_options.idle_period = options.idle_period;
  scheduler_options.driver = [raw = state.get()](int) -> Result<std::unique_ptr<Driver>> {
    Result<io::LoopPtr> loop = raw->plan.CreateLoop();
    if (!loop.ok()) return loop.error();
    auto driver = std::make_unique<io::LoopDriver>(*std::move(loop));
    MutexLock lock(raw->loops_mutex);
    raw->loops.push_back(&driver->loop());
    return std::unique_ptr<Driver>(std::move(driver));
  };
  Result<std::unique_ptr<Scheduler>> scheduler = Scheduler::Create(std::move(scheduler_options));
  if (!scheduler.ok()) return scheduler.error();
  state->scheduler = *std::move(scheduler);
  return state;
}

Result<std::unique_ptr<Runtime>> Runtime::Create(const RuntimeOptions& options) {
  Result<std::unique_ptr<State>> state = MakeState(options);
  if (!state.ok()) return state.error();
  return std::unique_ptr<Runtime>(new Runtime(*std::move(state)));
}

Runtime::Runtime(const RuntimeOptions& options) {
  Result<std::unique_ptr<State>> state = MakeState(options);
  if (!state.ok()) {
    std::fprintf(stderr, "zokio: no runtime: %s\n", state.error().ToString().c_str());
    ZOKIO_CHECK(state.ok(), "Runtime: the line above says why; Create returns the error instead");
  }
  state_ = *std::move(state);
}

Runtime::Runtime(std::unique_ptr<State> state) : state_(std::move(state)) {}

Runtime::~Runtime() = default;

Result<void> Runtime::Drain(Duration limit, TaskDump* left) {
  return state_->scheduler->Drain(limit, left);
}

Result<void> Runtime::Shutdown(Duration limit) { return state_->scheduler->Shutdown(limit); }

const io::BackendReport& Runtime::backend() const { return state_->plan.report(); }

int Runtime::workers() const { return state_->scheduler->workers(); }

Scheduler& Runtime::scheduler() { return *state_->scheduler; }

RuntimeStats Runtime::Stats() const {
  RuntimeStats stats;
  stats.workers = state_->scheduler->Stats();
  MutexLock lock(state_->loops_mutex);
  for (const io::Loop* loop : state_->loops) stats.loops.push_back(loop->stats());
  return stats;
}

std::string RuntimeStats::ToString() const {
  WorkerStats tasks;
  for (const WorkerStats& worker : workers) tasks += worker;
  io::LoopStats io;
  for (const io::LoopStats& loop : loops) {
    io.completions += loop.completions;
    io.operations += loop.operations;
    io.enters += loop.enters;
    io.bytes_read += loop.bytes_read;
    io.bytes_written += loop.bytes_written;
    io.in_flight += loop.in_flight;
  }
  std::string text;
  auto line = [&text](const char* name, uint64_t value) {
    text.append(name).append(" ").append(std::to_string(value)).append("\n");
  };
  line("workers", workers.size());
  line("polls", tasks.polls);
  line("spawned", tasks.spawned);
  line("completed", tasks.completed);
  line("steals", tasks.steals);
  line("parks", tasks.parks);
  line("wakes", tasks.wakes);
  line("io_operations", io.operations);
  line("io_completions", io.completions);
  line("io_system_calls", io.enters);
  line("io_in_flight", io.in_flight);
  line("bytes_read", io.bytes_read);
  line("bytes_written", io.bytes_written);
  return text;
}

}  // namespace zokio
