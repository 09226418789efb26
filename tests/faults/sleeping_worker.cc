// The planted fault of a2_blocking_calls_test: a server whose worker sleeps in a task, as the
// originals' event loop did. Speaks the http_server's command line as far as the test needs it.
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "future/task_scope.h"
#include "io/tcp_listener.h"
#include "io/tcp_stream.h"
#include "runtime/runtime.h"

int main(int argc, char** argv) {
  zokio::RuntimeOptions options;
  options.workers = 1;
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], "--backend") != 0) continue;
    options.io.backend = std::strcmp(argv[i + 1], "epoll") == 0 ? zokio::io::BackendChoice::kEpoll
                                                                : zokio::io::BackendChoice::kUring;
  }
  zokio::Runtime runtime(options);
  return runtime.BlockOn([]() -> zokio::Task<int> {
    auto listener = co_await zokio::TcpListener::Bind("127.0.0.1:0");
    std::printf("listening on %s\n", listener->local_address()->ToString().c_str());
    std::fflush(stdout);
    auto stream = co_await listener->Accept();
    auto request = co_await stream->Read();
    usleep(1000);  // the fault
    (void)co_await stream->WriteAll(
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
    co_return 0;
  });
}
