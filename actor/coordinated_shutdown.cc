#include "actor/coordinated_shutdown.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/exceptions.h"
#include "future/join_all.h"
#include "future/poll_fn.h"
#include "future/timeout.h"

namespace zokio {
namespace {

// The time of the timer by which limits pass.
auto NowOfTimer() {
  return PollFn([](Context& context) -> Poll<Instant> {
    return context.timer() != nullptr ? context.timer()->Now() : Clock::Monotonic().Now();
  });
}

Task<Result<void>> RunWork(const CoordinatedShutdown::Work* work) {
#if ZOKIO_EXCEPTIONS
  try {
    Result<void> result = co_await (*work)();
    co_return result;
  } catch (...) {
    co_return Error(ErrorCode::kUnknown, "shutdown: the task threw");
  }
#else
  Result<void> result = co_await (*work)();
  co_return result;
#endif
}

}  // namespace

bool ShutdownReport::ok() const {
  return std::all_of(steps.begin(), steps.end(),
                     [](const ShutdownStep& step) { return step.result.ok(); });
}

std::string ShutdownReport::ToString() const {
  std::string text;
  for (const ShutdownStep& step : steps) {
    text += step.phase + ": " + step.task + ": ";
    text += step.result.ok() ? "done" : step.result.error().ToString();
    const auto elapsed_ms = std::chrono::duration_cast<std::chrono::milliseconds>(step.elapsed);
    text += " (" + std::to_string(elapsed_ms.count()) + " ms)\n";
  }
  return text;
}

CoordinatedShutdown::CoordinatedShutdown(std::vector<std::string> phases) {
  for (std::string& phase : phases) phases_.push_back(Phase{std::move(phase), {}});
}

void CoordinatedShutdown::Add(std::string_view phase, std::string task, Work work, Duration limit) {
  auto at = std::find_if(phases_.begin(), phases_.end(),
                         [&](const Phase& known) { return known.name == phase; });
  ZOKIO_CHECK(at != phases_.end(), "no such phase");
  at->entries.push_back(Entry{std::move(task), std::move(work), limit});
}

Task<ShutdownStep> CoordinatedShutdown::RunEntry(const Phase* phase, const Entry* entry,
                                                 Instant deadline) {
  ShutdownStep step{phase->name, entry->task, Result<void>(), Duration(0)};
  const Instant begin = co_await NowOfTimer();
  const Duration limit = std::min(entry->limit, deadline - begin);
  if (limit <= Duration(0)) {
    step.result = Error(ErrorCode::kDeadlineExceeded, "shutdown: not begun");
    co_return step;
  }
  auto limited = Timeout(RunWork(&entry->work), limit);
  step.result = co_await std::move(limited);
  const Instant end = co_await NowOfTimer();
  step.elapsed = end - begin;
  co_return step;
}

Task<ShutdownReport> CoordinatedShutdown::Run(Duration limit) {
  ShutdownReport report;
  const Instant begin = co_await NowOfTimer();
  const Instant deadline = SaturatingAdd(begin, limit);
  for (const Phase& phase : phases_) {
    std::vector<Task<ShutdownStep>> running;
    running.reserve(phase.entries.size());
    for (const Entry& entry : phase.entries) running.push_back(RunEntry(&phase, &entry, deadline));
    auto all = JoinAll(std::move(running));
    std::vector<ShutdownStep> steps = co_await std::move(all);
    std::move(steps.begin(), steps.end(), std::back_inserter(report.steps));
  }
  co_return report;
}

}  // namespace zokio
