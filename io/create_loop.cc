#include "io/create_loop.h"

#include <cstdlib>
#include <string_view>
#include <utility>

#include "io/backend/epoll.h"
#include "io/backend/uring.h"
#include "io/backend/uring_probe.h"
#include "io/default_blocking_runner.h"

namespace zokio::io {

struct BackendPlan::State {
  LoopOptions options;
  UringFeatures uring;
  BackendReport report;
};

Result<BackendPlan> BackendPlan::Make(const LoopOptions& options) {
  auto state = std::make_shared<State>();
  state->options = options;
  if (options.blocking_runner == nullptr) state->options.blocking_runner = DefaultBlockingRunner();
  BackendChoice choice = options.backend;
  std::string asked_by = "asked for by option";
  if (choice == BackendChoice::kAuto) {
    // Read once, before workers exist.
    const char* variable = std::getenv("ZOKIO_IO_BACKEND");  // NOLINT(concurrency-mt-unsafe)
    const std::string_view value = variable == nullptr ? "" : variable;
    if (value == "io_uring") {
      choice = BackendChoice::kUring;
    } else if (value == "epoll") {
      choice = BackendChoice::kEpoll;
    } else if (!value.empty() && value != "auto") {
      return Error(ErrorCode::kInvalidArgument, "ZOKIO_IO_BACKEND (auto, io_uring or epoll)");
    }
    asked_by = "asked for by ZOKIO_IO_BACKEND";
  }
  BackendReport& report = state->report;
  if (choice == BackendChoice::kEpoll) {
    report.kind = BackendKind::kEpoll;
    report.reason = asked_by;
    return BackendPlan(std::move(state));
  }
  state->uring = ProbeUring();
  report.denied = state->uring.denied;
  report.features = state->uring.names;
  if (state->uring.usable) {
    report.kind = BackendKind::kUring;
    report.reason = choice == BackendChoice::kUring ? asked_by : "best available";
    return BackendPlan(std::move(state));
  }
  if (choice == BackendChoice::kUring) {
    const int os_error = report.denied.empty() ? 0 : report.denied.back().os_error;
    return Error(ErrorCode::kUnsupported, "io_uring", os_error);
  }
  report.kind = BackendKind::kEpoll;
  report.features.clear();
  report.reason = "io_uring is denied";
  return BackendPlan(std::move(state));
}

const BackendReport& BackendPlan::report() const { return state_->report; }

Result<LoopPtr> BackendPlan::CreateLoop() const {
  Result<std::unique_ptr<Backend>> backend =
      state_->report.kind == BackendKind::kUring
          ? CreateUringBackend(state_->uring, state_->options, state_->report)
          : CreateEpollBackend(state_->report);
  if (!backend.ok()) return backend.error();
  std::unique_ptr<Backend> made = *std::move(backend);
  if (state_->options.wrap_backend) made = state_->options.wrap_backend(std::move(made));
  return Loop::Create(std::move(made), state_->options);
}

Result<LoopPtr> CreateLoop(const LoopOptions& options) {
  Result<BackendPlan> plan = BackendPlan::Make(options);
  if (!plan.ok()) return plan.error();
  return plan->CreateLoop();
}

std::string Describe(const LoopOptions& options) {
  Result<BackendPlan> plan = BackendPlan::Make(options);
  if (plan.ok()) return plan->report().ToString();
  return "no backend: " + plan.error().ToString() + "\n";
}

}  // namespace zokio::io
