// Peer: libuv, by its C interface: try to write at once, queue what is left.
//
//   echo_libuv    prints port=N
#include <netinet/in.h>
#include <uv.h>

#include <cstdio>
#include <cstdlib>

namespace {

// One allocation a connection; `tcp.data` points back to it.
struct Connection {
  uv_tcp_t tcp;
  uv_write_t write;
  char buffer[4096];
};

uv_stream_t* StreamOf(Connection* connection) {
  return reinterpret_cast<uv_stream_t*>(&connection->tcp);
}

void Close(Connection* connection) {
  auto* handle = reinterpret_cast<uv_handle_t*>(&connection->tcp);
  if (uv_is_closing(handle) != 0) return;
  uv_close(handle, [](uv_handle_t* closed) { std::free(closed->data); });
}

void Allocate(uv_handle_t* handle, size_t /*suggested*/, uv_buf_t* buffer) {
  auto* connection = static_cast<Connection*>(handle->data);
  *buffer = uv_buf_init(connection->buffer, sizeof(connection->buffer));
}

void OnRead(uv_stream_t* stream, ssize_t length, const uv_buf_t* /*buffer*/);

void OnWritten(uv_write_t* request, int status) {
  auto* connection = static_cast<Connection*>(request->data);
  if (status != 0) return Close(connection);
  uv_read_start(StreamOf(connection), Allocate, OnRead);
}

void OnRead(uv_stream_t* stream, ssize_t length, const uv_buf_t* /*buffer*/) {
  auto* connection = static_cast<Connection*>(stream->data);
  if (length == 0) return;
  if (length < 0) return Close(connection);
  uv_buf_t rest = uv_buf_init(connection->buffer, static_cast<unsigned>(length));
  const int written = uv_try_write(stream, &rest, 1);
  if (written == length) return;
  if (written < 0 && written != UV_EAGAIN) return Close(connection);
  if (written > 0) {
    rest.base += written;
    rest.len -= static_cast<size_t>(written);
  }
  // The buffer is in use until the write is done.
  uv_read_stop(stream);
  connection->write.data = connection;
  uv_write(&connection->write, stream, &rest, 1, OnWritten);
}

void OnConnection(uv_stream_t* listener, int status) {
  if (status < 0) return;
  auto* connection = static_cast<Connection*>(std::malloc(sizeof(Connection)));
  uv_tcp_init(listener->loop, &connection->tcp);
  connection->tcp.data = connection;
  if (uv_accept(listener, StreamOf(connection)) != 0) return Close(connection);
  uv_tcp_nodelay(&connection->tcp, 1);
  uv_read_start(StreamOf(connection), Allocate, OnRead);
}

}  // namespace

int main() {
  uv_loop_t* loop = uv_default_loop();
  uv_tcp_t listener;
  uv_tcp_init(loop, &listener);
  sockaddr_in address;
  uv_ip4_addr("127.0.0.1", 0, &address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (uv_tcp_bind(&listener, generic, 0) != 0) return 1;
  if (uv_listen(reinterpret_cast<uv_stream_t*>(&listener), 4096, OnConnection) != 0) return 1;
  int length = sizeof(address);
  uv_tcp_getsockname(&listener, generic, &length);
  std::printf("port=%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return uv_run(loop, UV_RUN_DEFAULT);
}
