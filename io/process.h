// ChildProcess, RunCommand: other programs, with pipes to them.
//
//   auto result = co_await zokio::RunCommand({"sort", "-n"}, "3\n1\n2\n");
//   // result->output == "1\n2\n3\n", result->status.exit_code == 0
//
// Ownership: a ChildProcess owns its pipes and the duty to reap. Dropped while the child runs, it
//   kills it, unless Detach was called; a thread that may block reaps.
// Thread-safety: as TcpStream; one Wait at a time.
// Cancellation: dropping a Wait leaves the child running; dropping RunCommand kills it.
// Errors: kNotFound, kPermissionDenied (it cannot be run), kTooManyFiles, kWrongThread; RunCommand:
//   kOutOfRange where the child says more than the limit.
// Cost: a vfork; waiting is one poll of the child's descriptor (pidfd), no signal.
#ifndef ZOKIO_IO_PROCESS_H_
#define ZOKIO_IO_PROCESS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "future/context.h"
#include "future/poll.h"
#include "future/task.h"
#include "io/internal/polled_socket.h"
#include "io/internal/socket_wait.h"
#include "io/pipe.h"

namespace zokio {

struct SpawnOptions {
  SpawnOptions() {}

  // Pipes to the child; without one it has /dev/null.
  bool pipe_input = false;
  bool pipe_output = false;
  bool pipe_errors = false;
  // "NAME=value"; nothing: as this process.
  std::optional<std::vector<std::string>> environment;
};

struct ExitStatus {
  int32_t exit_code = 0;
  int32_t signal = 0;  // not 0: a signal ended it

  bool success() const { return exit_code == 0 && signal == 0; }
};

class [[nodiscard]] WaitProcess {
 public:
  explicit WaitProcess(io::SocketState* process) : process_(process) {}
  WaitProcess(WaitProcess&&) = default;

  Poll<Result<ExitStatus>> poll(Context& context);

 private:
  io::SocketState* process_;
  io::SocketWait<io::Direction::kRead> wait_;
};

class ChildProcess {
 public:
  ChildProcess() = default;
  ChildProcess(ChildProcess&&) = default;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess() { Abandon(); }

  // `arguments[0]` is the program: a path, or a name looked for in PATH. On a loop's thread.
  static Result<ChildProcess> Spawn(const std::vector<std::string>& arguments,
                                    const SpawnOptions& options = SpawnOptions());

  // How it ended; once. What the pipes hold can be read afterwards too.
  Task<Result<ExitStatus>> Wait();
  // A signal number; kNotFound once it was waited for.
  Result<void> Signal(int32_t signal);
  // Lives on when this is dropped; nobody reaps it then.
  void Detach() { process_.Close(); }

  int32_t id() const { return id_; }
  Pipe& input() { return input_; }
  Pipe& output() { return output_; }
  Pipe& errors() { return errors_; }

 private:
  void Abandon();

  io::PolledSocket process_;
  int32_t id_ = 0;
  Pipe input_;
  Pipe output_;
  Pipe errors_;
};

struct CommandResult {
  ExitStatus status;
  std::string output;
  std::string errors;
};

inline constexpr size_t kCommandOutputMax = size_t{64} << 20;

// Runs a program to its end: gives it `input`, gathers what it says.
Task<Result<CommandResult>> RunCommand(std::vector<std::string> arguments, std::string input = "",
                                       size_t output_max = kCommandOutputMax);

}  // namespace zokio

#endif  // ZOKIO_IO_PROCESS_H_
