// ServerProcess: a server as a process of its own, for tests that talk to it from outside.
//
//   std::string error;
//   auto server = ServerProcess::Start({"examples/tcp_echo", "127.0.0.1:0"}, &error);
//   ASSERT_NE(server, nullptr) << error;
//   Connect(server->port());
//   EXPECT_EQ(server->Stop(), "");       // SIGTERM, then exit status 0 in time
//
// It must print its port within `start_max`, as "listening on ADDRESS:PORT" or "port=PORT", on a
// line of its standard output; what it prints later is kept. server_process.py is the same for
// Python.
//
// Ownership: the destructor kills what still runs.
// Thread-safety: one thread at a time.
// Errors: texts, for people to read: they hold what the server wrote to its standard error.
#ifndef ZOKIO_TOOLS_TESTING_SERVER_PROCESS_H_
#define ZOKIO_TOOLS_TESTING_SERVER_PROCESS_H_

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"

namespace zokio::testing {

class ServerProcess {
 public:
  struct Options {
    Options() {}
    Duration start_max = std::chrono::seconds(20);
    Duration stop_max = std::chrono::seconds(20);
  };

  // A server that serves, or null: then `*error` says why not.
  static std::unique_ptr<ServerProcess> Start(const std::vector<std::string>& command,
                                              std::string* error, const Options& options = {});
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  ~ServerProcess();

  int port() const { return port_; }
  pid_t pid() const { return pid_; }
  // Open descriptors of the process.
  int descriptors() const;

  // Sends SIGTERM and waits. Empty if it ended with status 0 in time; else what went wrong. A
  // server that does not end is killed.
  std::string Stop();
  // All that came on its standard output so far, to the end once it was stopped.
  const std::string& output() const { return output_; }

 private:
  explicit ServerProcess(const Options& options) : options_(options) {}

  // Reads what is there, waiting until `deadline` for more. False at the end of the stream.
  bool ReadOutput(Instant deadline);
  void Kill();
  std::string ErrorText() const;

  const Options options_;
  pid_t pid_ = -1;
  int port_ = 0;
  int status_ = 0;
  int stdout_ = -1;
  int stderr_ = -1;  // a file without a name
  std::string output_;
};

// The port in one line of a server's output, or 0.
int PortIn(const std::string& line);

}  // namespace zokio::testing

#endif  // ZOKIO_TOOLS_TESTING_SERVER_PROCESS_H_
