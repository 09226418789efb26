// DnsServer: a real DNS server (dnsmasq) as a process of the test, on a free port of 127.0.0.1.
//
//   DnsServer server({"--host-record=a.test,192.0.2.1"});
//   options.servers = {server.address()};
//   EXPECT_EQ(server.Queries("A", "a.test"), 1);
#ifndef ZOKIO_IO_DNS_TESTING_H_
#define ZOKIO_IO_DNS_TESTING_H_

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include "base/check.h"
#include "io/internal/socket_calls.h"
#include "io/socket_address.h"

namespace zokio::io::testing {

// A UDP socket of 127.0.0.1 that nobody reads: a server that never answers.
class SilentServer {
 public:
  SilentServer() : handle_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    const RawAddress any = ToRaw(SocketAddress::Ipv4({127, 0, 0, 1}, 0));
    ZOKIO_CHECK(bind(handle_, reinterpret_cast<const sockaddr*>(any.bytes), any.size) == 0, "bind");
  }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  ~SilentServer() { CloseSocket(handle_); }

  SocketAddress address() const { return *LocalAddressOf(handle_); }
  // Whether anybody asked; takes what was asked.
  bool TakeQuestion() {
    uint8_t byte;
    return recv(handle_, &byte, 1, MSG_DONTWAIT) >= 0;
  }

 private:
  const int handle_;
};

class DnsServer {
 public:
  explicit DnsServer(const std::vector<std::string>& options) {
    // The port is found by asking for one and letting go of it; somebody else may take it.
    for (int attempt = 0; attempt < 20 && !Start(options); ++attempt) {
    }
    ZOKIO_CHECK(process_ != 0, "dnsmasq does not start (Debian package dnsmasq-base)");
  }
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;
  ~DnsServer() { Stop(); }

  SocketAddress address() const { return address_; }

  void Stop() {
    if (process_ == 0) return;
    kill(process_, SIGKILL);
    (void)waitpid(process_, nullptr, 0);
    process_ = 0;
    CloseSocket(log_handle_);
  }

  // How often it was asked for records of `type` of `name`. It writes this before it answers.
  int Queries(const std::string& type, const std::string& name) {
    while (ReadLog(/*wait=*/false)) {
    }
    // "query[A] a.test from 127.0.0.1"; of a zone of its own "auth[A] ...".
    const std::string line = "[" + type + "] " + name + " from";
    int count = 0;
    for (size_t at = log_.find(line); at != std::string::npos; at = log_.find(line, at + 1)) {
      ++count;
    }
    return count;
  }

 private:
  bool Start(const std::vector<std::string>& options) {
    address_ = SilentServer().address();
    std::array<int, 2> log;
    ZOKIO_CHECK(pipe2(log.data(), O_CLOEXEC) == 0, "pipe");
    // It logs each address that it answers with, and would wait for somebody to read that.
    (void)fcntl(log[1], F_SETPIPE_SZ, 1 << 20);
    std::vector<std::string> arguments = {"/usr/sbin/dnsmasq",
                                          "--no-daemon",
                                          "--conf-file=/dev/null",
                                          "--no-resolv",
                                          "--no-hosts",
                                          "--log-queries",
                                          "--log-facility=-",
                                          "--bind-interfaces",
                                          "--listen-address=127.0.0.1",
                                          "--cache-size=0",
                                          "--port=" + std::to_string(address_.port())};
    arguments.insert(arguments.end(), options.begin(), options.end());
    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, log[1], 2);
    pid_t process = 0;
    const int failed = posix_spawn(&process, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    CloseSocket(log[1]);
    log_handle_ = log[0];
    log_.clear();
    while (failed == 0 && ReadLog(/*wait=*/true)) {
      if (log_.find("started, version") == std::string::npos) continue;
      process_ = process;
      return true;
    }
    if (failed == 0) (void)waitpid(process, nullptr, 0);
    CloseSocket(log_handle_);
    return false;
  }

  // False at the end, or where it would wait and must not.
  bool ReadLog(bool wait) {
    pollfd ready{log_handle_, POLLIN, 0};
    if (poll(&ready, 1, wait ? -1 : 0) != 1) return false;
    std::array<char, 4096> bytes;
    const ssize_t count = read(log_handle_, bytes.data(), bytes.size());
    if (count > 0) log_.append(bytes.data(), static_cast<size_t>(count));
    return count > 0;
  }

  pid_t process_ = 0;
  int log_handle_ = -1;
  SocketAddress address_;
  std::string log_;
};

}  // namespace zokio::io::testing

#endif  // ZOKIO_IO_DNS_TESTING_H_
