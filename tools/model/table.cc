#include "tools/model/table.h"

#include <algorithm>
#include <cstdio>

namespace zokio::model {
namespace {

const char* OrderName(std::memory_order order) {
  switch (order) {
    case std::memory_order_relaxed:
      return "relaxed";
    case std::memory_order_consume:
      return "consume";
    case std::memory_order_acquire:
      return "acquire";
    case std::memory_order_release:
      return "release";
    case std::memory_order_acq_rel:
      return "acq_rel";
    case std::memory_order_seq_cst:
      return "seq_cst";
  }
  return "?";
}

std::string Number(uint64_t value) {
  if (value <= 99'999) return std::to_string(value);
  char text[20];
  std::snprintf(text, sizeof text, "0x%llx",
                static_cast<unsigned long long>(value));  // NOLINT(runtime/int): printf
  return text;
}

const char* FenceName(uint64_t kind) {
  switch (static_cast<FenceKind>(kind)) {
    case FenceKind::kAcquire:
      return "fence acquire";
    case FenceKind::kRelease:
      return "fence release";
    case FenceKind::kAcqRel:
      return "fence acq_rel";
    case FenceKind::kSeqCst:
      return "fence seq_cst";
    case FenceKind::kLight:
      return "fence, fast side";
    case FenceKind::kHeavy:
      return "fence, slow side";
  }
  return "fence";
}

std::string Describe(const Execution& execution, const Step& step) {
  const Operation& operation = step.operation;
  const std::string name =
      operation.object == nullptr ? "" : execution.ObjectName(*operation.object);
  const std::string order = std::string(", ") + OrderName(operation.order);
  switch (operation.kind) {
    case OperationKind::kNone:
      return "";
    case OperationKind::kLoad:
      return name + " -> " + Number(step.value) + order +
             (step.stale == 0 ? "" : ", OLD by " + std::to_string(step.stale));
    case OperationKind::kStore:
      return name + " = " + Number(step.value) + order;
    case OperationKind::kRmw:
      return name + ": " + Number(step.value) + " => " + Number(step.written) + order;
    case OperationKind::kCompareExchange:
      if (step.success) {
        return name + ": " + Number(step.value) + " cas=> " + Number(step.written) + order;
      }
      return name + " -> " + Number(step.value) + ", cas failed" +
             (step.spurious ? " without reason" : "") + order +
             (step.stale == 0 ? "" : ", OLD by " + std::to_string(step.stale));
    case OperationKind::kFence:
      return FenceName(step.value);
    case OperationKind::kLock:
      return "lock " + name;
    case OperationKind::kTryLock:
      return (step.success ? "try lock " : "try lock (no) ") + name;
    case OperationKind::kUnlock:
      return "unlock " + name;
    case OperationKind::kCondVarWait:
      return "wait on " + name + ", unlock";
    case OperationKind::kCondVarWake:
      return (step.success ? "woken on " : "time limit on ") + name + ", lock";
    case OperationKind::kCondVarNotify:
      return "notify " + name + ", wakes " + Number(step.value);
    case OperationKind::kPark:
      return (step.success ? "park: token of " : "park: time limit on ") + name;
    case OperationKind::kUnpark:
      return "unpark " + name;
    case OperationKind::kFutexWait:
      return "futex wait " + name + (step.success ? ": sleeps" : ": value differs");
    case OperationKind::kFutexWoken:
      return (step.success ? "futex woken on " : "futex time limit on ") + name;
    case OperationKind::kFutexWake:
      return "futex wake " + name + ", wakes " + Number(step.value);
    case OperationKind::kJoin:
      return "join " + execution.thread_name(operation.target);
    case OperationKind::kYield:
      return "yield";
  }
  return "";
}

std::string SourceOf(const SourceLocation& where) {
  const std::string file = where.file_name();
  return file + ":" + std::to_string(where.line());
}

std::string Pad(std::string text, size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

}  // namespace

std::string Execution::ObjectName(const Object& object) const {
  if (object.name != nullptr) return object.name;
  const char* kind = "atomic";
  switch (object.kind) {
    case ObjectKind::kAtomic:
      kind = "atomic";
      break;
    case ObjectKind::kVariable:
      kind = "var";
      break;
    case ObjectKind::kMutex:
      kind = "mutex";
      break;
    case ObjectKind::kCondVar:
      kind = "condvar";
      break;
    case ObjectKind::kParker:
      kind = "parker";
      break;
    case ObjectKind::kForeign:
      kind = "foreign";
      break;
  }
  return std::string(kind) + "#" + std::to_string(object.id);
}

std::string Execution::WaitsFor(int thread) const {
  const Operation& pending = threads_[thread].pending;
  std::string text;
  switch (pending.kind) {
    case OperationKind::kLock:
      text = "the lock " + ObjectName(*pending.object);
      break;
    case OperationKind::kCondVarWake:
      text = (pending.object->woken & Bit(thread)) != 0
                 ? "the lock " + ObjectName(*pending.other) + " after being woken"
                 : "a notify of " + ObjectName(*pending.object);
      break;
    case OperationKind::kPark:
      text = "an unpark of " + ObjectName(*pending.object);
      break;
    case OperationKind::kFutexWoken:
      text = "a futex wake of " + ObjectName(*pending.object);
      break;
    case OperationKind::kJoin:
      text = "the end of " + threads_[pending.target].name;
      break;
    default:
      return "its turn";
  }
  return text + " at " + SourceOf(pending.where);
}

std::string FormatInterleaving(const Execution& execution) {
  constexpr size_t kWidthMax = 48;
  constexpr size_t kRowsMax = 60;  // at each end of a long run
  const int threads = execution.thread_count();
  std::vector<size_t> widths(threads);
  std::vector<std::string> cells;
  for (int i = 0; i < threads; ++i) widths[i] = execution.thread_name(i).size();
  for (const Step& step : execution.steps()) {
    cells.push_back(Describe(execution, step));
    widths[step.thread] = std::max(widths[step.thread], std::min(kWidthMax, cells.back().size()));
  }
  std::string text = " step";
  for (int i = 0; i < threads; ++i) text += " | " + Pad(execution.thread_name(i), widths[i]);
  text += " | source\n";
  for (size_t i = 0; i < cells.size(); ++i) {
    if (cells.size() > 2 * kRowsMax && i == kRowsMax) {
      text += "  ... " + std::to_string(cells.size() - 2 * kRowsMax) + " steps left out ...\n";
      i = cells.size() - kRowsMax;
    }
    const Step& step = execution.steps()[i];
    const std::string number = std::to_string(i + 1);
    text += std::string(number.size() < 5 ? 5 - number.size() : 0, ' ') + number;
    for (int j = 0; j < threads; ++j) {
      text += " | " + Pad(j == step.thread ? cells[i] : "", widths[j]);
    }
    text += " | " + SourceOf(step.operation.where) + "\n";
  }
  std::vector<const Object*> listed;
  for (const Step& step : execution.steps()) {
    for (const Object* object : {step.operation.object, step.operation.other}) {
      if (object == nullptr || object->name != nullptr) continue;
      if (std::find(listed.begin(), listed.end(), object) != listed.end()) continue;
      listed.push_back(object);
      text += "  " + execution.ObjectName(*object) + ": " +
              (object->made_by == kNobody
                   ? "first used at "
                   : "made by " + execution.thread_name(object->made_by) + " at ") +
              SourceOf(object->made_at) + "\n";
    }
  }
  for (int i = 0; i < threads; ++i) {
    if (execution.unfinished(i)) {
      text += "  end: " + execution.thread_name(i) + " is at " +
              SourceOf(execution.pending(i).where) + "\n";
    }
  }
  return text;
}

std::string EncodeChoices(const std::vector<int>& choices, const std::vector<bool>& is_thread) {
  std::string text;
  for (size_t i = 0; i < choices.size();) {
    const char letter = static_cast<char>((is_thread[i] ? '0' : 'a') + choices[i]);
    size_t end = i + 1;
    while (end < choices.size() && choices[end] == choices[i] && is_thread[end] == is_thread[i]) {
      ++end;
    }
    text += letter;
    if (end - i > 2) {
      text += "(" + std::to_string(end - i) + ")";
    } else if (end - i == 2) {
      text += letter;
    }
    i = end;
  }
  return text;
}

std::vector<int> DecodeChoices(const std::string& text) {
  std::vector<int> choices;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') {
      size_t times = 0;
      for (++i; i < text.size() && text[i] != ')'; ++i) times = times * 10 + (text[i] - '0');
      if (!choices.empty() && times > 1) choices.insert(choices.end(), times - 1, choices.back());
    } else {
      choices.push_back(text[i] >= '0' && text[i] <= '9' ? text[i] - '0' : text[i] - 'a');
    }
  }
  return choices;
}

}  // namespace zokio::model
