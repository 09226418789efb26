// The program of the top-level README; examples/readme_test.py holds the two together.
#include "future/task_scope.h"
#include "io/tcp_listener.h"
#include "io/tcp_stream.h"
#include "runtime/runtime.h"

zokio::Task<> Serve(zokio::TcpStream stream) {
  while (true) {
    auto chunk = co_await stream.Read();  // a lease on a pooled buffer, returned when dropped
    if (!chunk.ok() || chunk->empty()) co_return;
    if (!(co_await stream.WriteAll(*std::move(chunk))).ok()) co_return;
  }
}

int main() {
  zokio::Runtime runtime({.workers = 4});
  return runtime.BlockOn([]() -> zokio::Task<int> {
    auto listener = co_await zokio::TcpListener::Bind("127.0.0.1:8080");
    if (!listener.ok()) co_return 1;
    co_await zokio::WithScope([&](zokio::TaskScope& scope) -> zokio::Task<> {
      while (true) {
        auto stream = co_await listener->Accept();
        if (!stream.ok()) co_return;  // closed or cancelled
        scope.Spawn(Serve(*std::move(stream)));
      }
    });
    co_return 0;
  });
}
