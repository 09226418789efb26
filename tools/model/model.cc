#include "tools/model/model.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "base/check.h"
#include "tools/model/execution.h"
#include "tools/model/random_search.h"
#include "tools/model/search.h"
#include "tools/model/shorten.h"
#include "tools/model/table.h"

namespace zokio::model {
namespace {

std::unique_ptr<Strategy> MakeStrategy(const Options& options) {
  if (!options.replay.empty()) return std::make_unique<Replay>(DecodeChoices(options.replay));
  switch (options.mode) {
    case Mode::kExhaustive:
    case Mode::kBounded:
      return std::make_unique<Search>(options);
    case Mode::kRandom:
    case Mode::kPct:
      return std::make_unique<RandomSearch>(options);
  }
  return nullptr;
}

class Exploration {
 public:
  Exploration(const Options& options, const std::function<void()>& body)
      : options_(options), body_(body), execution_(options_) {
    if (const char* replay = std::getenv("ZOKIO_MODEL_REPLAY")) options_.replay = replay;
    report_.name = options.name;
  }

  Report Run() {
    const auto begin = Clock::now();
    const std::unique_ptr<Strategy> strategy = MakeStrategy(options_);
    while (true) {
      execution_.Run(body_, *strategy);
      Count();
      if (execution_.verdict() != Verdict::kPass) {
        report_.seed = strategy->seed();
        Failed();
        break;
      }
      if (!strategy->Next()) {
        report_.complete = options_.replay.empty() &&
                           (options_.mode == Mode::kExhaustive || options_.mode == Mode::kBounded);
        break;
      }
      if (BudgetSpent(begin)) break;
    }
    report_.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    if (options_.print) std::printf("[ model    ] %s\n", report_.Summary().c_str());
    return std::move(report_);
  }

 private:
  using Clock = std::chrono::steady_clock;

  void Count() {
    (execution_.redundant() ? report_.redundant : report_.schedules) += 1;
    report_.steps += execution_.steps().size();
    report_.steps_longest =
        std::max(report_.steps_longest, static_cast<uint32_t>(execution_.steps().size()));
  }

  bool BudgetSpent(Clock::time_point begin) {
    const uint64_t runs = report_.schedules + report_.redundant;
    if (runs >= options_.schedules_max) {
      report_.budget_spent = "schedules";
    } else if (runs % 1024 == 0 &&
               std::chrono::duration<double>(Clock::now() - begin).count() > options_.seconds_max) {
      report_.budget_spent = "time";
    }
    return !report_.budget_spent.empty();
  }

  void Failed() {
    report_.verdict = execution_.verdict();
    report_.message = execution_.message();
    report_.interleaving = FormatInterleaving(execution_);
    report_.failing_steps = static_cast<uint32_t>(execution_.steps().size());
    Choices failing{execution_.choices(), execution_.choice_is_thread()};
    report_.replay = EncodeChoices(failing.values, failing.is_thread);
    if (!options_.shorten || report_.verdict == Verdict::kNondeterminism) return;
    const Choices shorter = Shorten(options_, body_, failing, report_.verdict);
    Replay replay(shorter.values);
    execution_.Run(body_, replay);
    if (execution_.verdict() != report_.verdict) return;
    report_.message = execution_.message();
    report_.shortened = FormatInterleaving(execution_);
    report_.shortened_replay = EncodeChoices(shorter.values, shorter.is_thread);
    report_.shortened_steps = static_cast<uint32_t>(execution_.steps().size());
  }

  Options options_;
  const std::function<void()>& body_;
  Execution execution_;
  Report report_;
};

}  // namespace

Report Explore(const Options& options, const std::function<void()>& body) {
  ZOKIO_CHECK(CurrentEngine() == nullptr, "an exploration inside an exploration");
  return Exploration(options, body).Run();
}

int Choose(int count, SourceLocation where) {
  Engine* engine = CurrentEngine();
  ZOKIO_CHECK(engine != nullptr, "Choose outside a modelled body");
  return engine->Choose(count, where);
}

void Yield(SourceLocation where) {
  if (Engine* engine = CurrentEngine()) engine->Yield(where);
}

}  // namespace zokio::model
