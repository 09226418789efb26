#include "tools/testing/server_process.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace zokio::testing {
namespace {

// A server that says its port and waits for signals; SIGTERM runs `at_term` (Python).
std::vector<std::string> Waiting(const std::string& at_term) {
  return {"python3", "-c",
          "import os, signal, sys\n"
          "def at_term(*_):\n"
          "  " +
              at_term +
              "\n"
              "signal.signal(signal.SIGTERM, at_term)\n"
              "print('backend\\nport=1234', flush=True)\n"
              "while True: signal.pause()\n"};
}

TEST(ServerProcessTest, ServesAndStops) {
  std::string error;
  auto server = ServerProcess::Start({"examples/tcp_echo", "127.0.0.1:0"}, &error);
  ASSERT_NE(server, nullptr) << error;
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(server->port()));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(send(client, "ping", 4, 0), 4);
  char bytes[8] = {};
  EXPECT_EQ(recv(client, bytes, 4, MSG_WAITALL), 4);
  EXPECT_STREQ(bytes, "ping");
  EXPECT_GT(server->descriptors(), 3);
  close(client);
  EXPECT_EQ(server->Stop(), "");
}

TEST(ServerProcessTest, ItsOutputIsKept) {
  std::string error;
  auto server = ServerProcess::Start(Waiting("print('bye'); sys.exit(0)"), &error);
  ASSERT_NE(server, nullptr) << error;
  EXPECT_EQ(server->port(), 1234);
  EXPECT_EQ(server->Stop(), "");
  EXPECT_EQ(server->output(), "backend\nport=1234\nbye\n");
}

TEST(ServerProcessTest, AProgramThatIsNotThereIsNamed) {
  std::string error;
  EXPECT_EQ(ServerProcess::Start({"./no_such_program"}, &error), nullptr);
  EXPECT_EQ(error, "./no_such_program: No such file or directory");
}

TEST(ServerProcessTest, PlantedDeathAtTheStartIsCaught) {
  std::string error;
  EXPECT_EQ(ServerProcess::Start({"sh", "-c", "echo no such device >&2; exit 3"}, &error), nullptr);
  EXPECT_EQ(error, "sh ended before it served, exit status 3: no such device\n");
}

TEST(ServerProcessTest, PlantedSilenceIsCaught) {
  ServerProcess::Options options;
  options.start_max = std::chrono::milliseconds(50);
  std::string error;
  EXPECT_EQ(ServerProcess::Start({"sleep", "1000"}, &error, options), nullptr);
  EXPECT_EQ(error, "sleep printed no port in time: it wrote no error");
}

TEST(ServerProcessTest, PlantedFailureAtTheEndIsCaught) {
  std::string error;
  auto server = ServerProcess::Start(
      Waiting("print('lost a message', file=sys.stderr); sys.exit(4)"), &error);
  ASSERT_NE(server, nullptr) << error;
  EXPECT_EQ(server->Stop(), "exit status 4: lost a message\n");
  EXPECT_EQ(server->Stop(), "it was stopped before");
}

TEST(ServerProcessTest, PlantedHangIsKilled) {
  ServerProcess::Options options;
  options.stop_max = std::chrono::milliseconds(50);
  std::string error;
  auto server = ServerProcess::Start(Waiting("pass"), &error, options);
  ASSERT_NE(server, nullptr) << error;
  const pid_t pid = server->pid();
  EXPECT_EQ(server->Stop(), "did not end in time after SIGTERM: it wrote no error");
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST(ServerProcessTest, PortsAreRead) {
  EXPECT_EQ(PortIn("port=8080"), 8080);
  EXPECT_EQ(PortIn("listening on 127.0.0.1:8081"), 8081);
  EXPECT_EQ(PortIn("listening on [::1]:8082"), 8082);
  EXPECT_EQ(PortIn("listening on nothing"), 0);
  EXPECT_EQ(PortIn("port=99999"), 0);
  EXPECT_EQ(PortIn("backend: io_uring (report=3)"), 0);
}

}  // namespace
}  // namespace zokio::testing
