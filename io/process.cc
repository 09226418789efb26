#include "io/process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <tuple>

#include "future/join.h"
#include "io/blocking_runner.h"
#include "io/internal/polled_call.h"
#include "io/internal/process_calls.h"
#include "io/loop.h"

namespace zokio {
namespace {

using io::Loop;

struct ChildPipe {
  io::OwnedHandle ours;
  io::OwnedHandle theirs;
};

Result<ChildPipe> MakePipe(bool wanted, bool we_write) {
  ChildPipe pipe;
  if (!wanted) return pipe;
  const Result<std::array<io::NativeHandle, 2>> ends = io::OpenPipe();
  if (!ends.ok()) return ends.error();
  pipe.ours = io::OwnedHandle((*ends)[we_write ? 1 : 0]);
  pipe.theirs = io::OwnedHandle((*ends)[we_write ? 0 : 1]);
  return pipe;
}

Result<Pipe> OurEnd(ChildPipe& pipe) {
  if (pipe.ours.get() == io::kNoHandle) return Pipe();
  return Pipe::Adopt(std::move(pipe.ours));
}

// What is referred to below outlives these: RunCommand awaits them in place.
// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters)
Task<Result<void>> Feed(Pipe& input, std::string text) {
  const Result<void> written = co_await input.WriteAll(std::move(text));
  input.Close();
  // A program need not read all it is given.
  if (!written.ok() && written.error().code() != ErrorCode::kConnectionReset) {
    co_return written.error();
  }
  co_return {};
}

Task<Result<std::string>> Gather(Pipe& pipe, size_t size_max) {
  std::string text;
  while (true) {
    const Result<io::OwnedBytes> bytes = co_await pipe.Read(size_t{64} << 10);
    if (!bytes.ok()) co_return bytes.error();
    if (bytes->size() == 0) co_return std::move(text);
    if (text.size() + bytes->size() > size_max) {
      co_return Error(ErrorCode::kOutOfRange, "run command");
    }
    text.append(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  }
}
// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

}  // namespace

Poll<Result<ExitStatus>> WaitProcess::poll(Context& context) {
  ExitStatus status;
  Poll<Result<int32_t>> poll = io::PollCall(process_, wait_, context, "wait", [&] {
    return io::TryReap(process_->handle, status.exit_code, status.signal);
  });
  if (poll.pending()) return kPending;
  if (!poll.value().ok()) return Result<ExitStatus>(poll.value().error());
  return Result<ExitStatus>(status);
}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this != &other) {
    Abandon();
    process_ = std::move(other.process_);
    id_ = other.id_;
    input_ = std::move(other.input_);
    output_ = std::move(other.output_);
    errors_ = std::move(other.errors_);
  }
  return *this;
}

Result<ChildProcess> ChildProcess::Spawn(const std::vector<std::string>& arguments,
                                         const SpawnOptions& options) {
  if (Loop::Current() == nullptr) return Error(ErrorCode::kWrongThread, "spawn");
  Result<ChildPipe> input = MakePipe(options.pipe_input, /*we_write=*/true);
  Result<ChildPipe> output = MakePipe(options.pipe_output, /*we_write=*/false);
  Result<ChildPipe> errors = MakePipe(options.pipe_errors, /*we_write=*/false);
  for (const Result<ChildPipe>* pipe : {&input, &output, &errors}) {
    if (!pipe->ok()) return pipe->error();
  }
  const Result<io::SpawnedProcess> spawned =
      io::SpawnProcess(arguments, options.environment.has_value() ? &*options.environment : nullptr,
                       {input->theirs.get(), output->theirs.get(), errors->theirs.get()});
  if (!spawned.ok()) return spawned.error();
  ChildProcess child;
  child.id_ = spawned->id;
  Result<io::PolledSocket> process = io::PolledSocket::Adopt(spawned->handle, "spawn");
  if (!process.ok()) return process.error();
  child.process_ = *std::move(process);
  Result<Pipe> ends[] = {OurEnd(*input), OurEnd(*output), OurEnd(*errors)};
  for (const Result<Pipe>& end : ends) {
    if (!end.ok()) return end.error();
  }
  child.input_ = *std::move(ends[0]);
  child.output_ = *std::move(ends[1]);
  child.errors_ = *std::move(ends[2]);
  return child;
}

Task<Result<ExitStatus>> ChildProcess::Wait() {
  Result<ExitStatus> status = co_await WaitProcess(process_.state());
  if (status.ok()) process_.Close();  // reaped: there is nobody left to kill
  co_return status;
}

Result<void> ChildProcess::Signal(int32_t signal) {
  if (!process_.open()) return Error(ErrorCode::kNotFound, "signal");
  const int32_t result = io::SignalProcess(process_.handle(), signal);
  if (result == -ESRCH) return Error(ErrorCode::kNotFound, "signal", ESRCH);
  if (result < 0) return Error::FromErrno(-result, "signal");
  return {};
}

void ChildProcess::Abandon() {
  if (!process_.open()) return;
  (void)io::SignalProcess(process_.handle(), SIGKILL);
  ExitStatus ignored;
  if (io::TryReap(process_.handle(), ignored.exit_code, ignored.signal) == -EAGAIN) {
    // It takes the kernel a moment; a thread that may block waits with a descriptor of its own.
    const io::NativeHandle copy = io::DuplicateHandle(process_.handle());
    Loop* loop = Loop::Current();
    io::BlockingRunner* runner = loop == nullptr ? nullptr : loop->options().blocking_runner;
    const auto reap = [](void* handle, bool) {
      io::ReapAndClose(static_cast<io::NativeHandle>(reinterpret_cast<intptr_t>(handle)));
    };
    if (copy != io::kNoHandle && runner != nullptr) {
      runner->Run(reap, reinterpret_cast<void*>(static_cast<intptr_t>(copy)));
    } else if (copy != io::kNoHandle) {
      io::ReapAndClose(copy);
    }
  }
  process_.Close();
}

Task<Result<CommandResult>> RunCommand(std::vector<std::string> arguments, std::string input,
                                       size_t output_max) {
  SpawnOptions options;
  options.pipe_input = options.pipe_output = options.pipe_errors = true;
  Result<ChildProcess> child = ChildProcess::Spawn(arguments, options);
  if (!child.ok()) co_return child.error();
  auto said =
      co_await TryJoin(Feed(child->input(), std::move(input)), Gather(child->output(), output_max),
                       Gather(child->errors(), output_max));
  if (!said.ok()) co_return said.error();
  const Result<ExitStatus> status = co_await child->Wait();
  if (!status.ok()) co_return status.error();
  CommandResult result;
  result.status = *status;
  auto answers = *std::move(said);
  result.output = std::move(std::get<1>(answers));
  result.errors = std::move(std::get<2>(answers));
  co_return result;
}

}  // namespace zokio
