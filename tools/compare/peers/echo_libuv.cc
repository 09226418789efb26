// Peer: libuv, by its C interface: try to write at once, queue what is left.
//
//   echo_libuv [BUFFER_BYTES [tcp|unix|udp]]    prints port=N
//
// A Unix server listens at /tmp/zokio-compare-N.sock.
#include <netinet/in.h>
#include <unistd.h>
#include <uv.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

size_t buffer_bytes = 4096;
bool is_unix = false;

// One allocation a connection, with its buffer behind it; `handle.stream.data` points back to it.
struct Connection {
  union {
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  } handle;
  uv_write_t write;
  char* buffer() { return reinterpret_cast<char*>(this + 1); }
};

void Close(Connection* connection) {
  auto* handle = reinterpret_cast<uv_handle_t*>(&connection->handle);
  if (uv_is_closing(handle) != 0) return;
  uv_close(handle, [](uv_handle_t* closed) { std::free(closed->data); });
}

void Allocate(uv_handle_t* handle, size_t /*suggested*/, uv_buf_t* buffer) {
  auto* connection = static_cast<Connection*>(handle->data);
  *buffer = uv_buf_init(connection->buffer(), static_cast<unsigned>(buffer_bytes));
}

void OnRead(uv_stream_t* stream, ssize_t length, const uv_buf_t* /*buffer*/);

void OnWritten(uv_write_t* request, int status) {
  auto* connection = static_cast<Connection*>(request->data);
  if (status != 0) return Close(connection);
  uv_read_start(&connection->handle.stream, Allocate, OnRead);
}

void OnRead(uv_stream_t* stream, ssize_t length, const uv_buf_t* /*buffer*/) {
  auto* connection = static_cast<Connection*>(stream->data);
  if (length == 0) return;
  if (length < 0) return Close(connection);
  uv_buf_t rest = uv_buf_init(connection->buffer(), static_cast<unsigned>(length));
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
  auto* connection = static_cast<Connection*>(std::malloc(sizeof(Connection) + buffer_bytes));
  if (is_unix) {
    uv_pipe_init(listener->loop, &connection->handle.pipe, 0);
  } else {
    uv_tcp_init(listener->loop, &connection->handle.tcp);
  }
  connection->handle.stream.data = connection;
  if (uv_accept(listener, &connection->handle.stream) != 0) return Close(connection);
  if (!is_unix) uv_tcp_nodelay(&connection->handle.tcp, 1);
  uv_read_start(&connection->handle.stream, Allocate, OnRead);
}

void PrintPort(int port) {
  std::printf("port=%d\n", port);
  std::fflush(stdout);
}

sockaddr_in FreePort() {
  sockaddr_in address;
  uv_ip4_addr("127.0.0.1", 0, &address);
  return address;
}

int ListenTcp(uv_loop_t* loop) {
  static uv_tcp_t listener;
  uv_tcp_init(loop, &listener);
  sockaddr_in address = FreePort();
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (uv_tcp_bind(&listener, generic, 0) != 0) return 1;
  if (uv_listen(reinterpret_cast<uv_stream_t*>(&listener), 4096, OnConnection) != 0) return 1;
  int length = sizeof(address);
  uv_tcp_getsockname(&listener, generic, &length);
  PrintPort(ntohs(address.sin_port));
  return 0;
}

int ListenUnix(uv_loop_t* loop) {
  static uv_pipe_t listener;
  const std::string path = "/tmp/zokio-compare-" + std::to_string(getpid()) + ".sock";
  unlink(path.c_str());
  uv_pipe_init(loop, &listener, 0);
  if (uv_pipe_bind(&listener, path.c_str()) != 0) return 1;
  if (uv_listen(reinterpret_cast<uv_stream_t*>(&listener), 4096, OnConnection) != 0) return 1;
  PrintPort(getpid());
  return 0;
}

char datagram[65536];

void OnDatagram(uv_udp_t* socket, ssize_t length, const uv_buf_t* /*buffer*/, const sockaddr* from,
                unsigned /*flags*/) {
  if (length <= 0 || from == nullptr) return;
  const uv_buf_t answer = uv_buf_init(datagram, static_cast<unsigned>(length));
  (void)uv_udp_try_send(socket, &answer, 1, from);
}

int BindUdp(uv_loop_t* loop) {
  static uv_udp_t socket;
  uv_udp_init(loop, &socket);
  sockaddr_in address = FreePort();
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (uv_udp_bind(&socket, generic, 0) != 0) return 1;
  const auto allocate = [](uv_handle_t*, size_t, uv_buf_t* buffer) {
    *buffer = uv_buf_init(datagram, sizeof(datagram));
  };
  if (uv_udp_recv_start(&socket, allocate, OnDatagram) != 0) return 1;
  int length = sizeof(address);
  uv_udp_getsockname(&socket, generic, &length);
  PrintPort(ntohs(address.sin_port));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) buffer_bytes = static_cast<size_t>(std::atoi(argv[1]));
  const std::string_view kind = argc > 2 ? argv[2] : "tcp";
  is_unix = kind == "unix";
  uv_loop_t* loop = uv_default_loop();
  const int failed = kind == "udp" ? BindUdp(loop) : is_unix ? ListenUnix(loop) : ListenTcp(loop);
  return failed != 0 ? failed : uv_run(loop, UV_RUN_DEFAULT);
}
