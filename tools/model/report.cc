#include "tools/model/report.h"

#include <cstdio>

namespace zokio::model {

const char* VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "pass";
    case Verdict::kAssertion:
      return "assertion failed";
    case Verdict::kDataRace:
      return "data race";
    case Verdict::kDeadlock:
      return "deadlock";
    case Verdict::kLostWakeup:
      return "lost wake-up";
    case Verdict::kLivelock:
      return "livelock";
    case Verdict::kLeak:
      return "leak";
    case Verdict::kUseAfterFree:
      return "use after free";
    case Verdict::kDoubleFree:
      return "double free";
    case Verdict::kMisuse:
      return "misuse";
    case Verdict::kNondeterminism:
      return "the test is not deterministic";
  }
  return "?";
}

std::string Report::Summary() const {
  std::string text = name.empty() ? "model" : name;
  text += ": ";
  if (!Passed()) {
    text += VerdictName(verdict);
  } else if (complete) {
    text += "proven";
  } else {
    text += budget_spent.empty() ? "no fault found" : "no fault found, BUDGET SPENT: ";
    text += budget_spent;
  }
  char figures[200];
  std::snprintf(figures, sizeof figures,
                ": %llu schedules (%llu given up as redundant), %llu steps, longest %u, %.3f s",
                static_cast<unsigned long long>(schedules),  // NOLINT(runtime/int): printf
                static_cast<unsigned long long>(redundant),  // NOLINT(runtime/int)
                static_cast<unsigned long long>(steps), steps_longest,  // NOLINT(runtime/int)
                seconds);
  return text + figures;
}

std::string Report::ToString() const {
  std::string text = Summary() + "\n";
  if (Passed()) return text;
  text += "verdict: " + std::string(VerdictName(verdict)) + ": " + message + "\n";
  if (seed != 0) text += "seed of this schedule: " + std::to_string(seed) + "\n";
  if (!shortened.empty()) {
    text += "shortest failing interleaving found (" + std::to_string(shortened_steps) + " of " +
            std::to_string(failing_steps) + " steps), replay \"" + shortened_replay + "\":\n" +
            shortened;
    text += "as first found: replay \"" + replay + "\"\n";
  } else {
    text += "interleaving, replay \"" + replay + "\":\n" + interleaving;
  }
  return text;
}

std::ostream& operator<<(std::ostream& out, const Report& report) {
  return out << report.ToString();
}

}  // namespace zokio::model
