#include "examples/http/session.h"

#include <algorithm>
#include <charconv>

namespace zokio::http {

bool Session::Receive(std::string_view bytes, std::string& out) {
  if (pending_.empty()) {
    bool open = Consume(bytes, out);
    if (open) pending_.assign(bytes);
    return open;
  }
  pending_.append(bytes);
  std::string_view all = pending_;
  bool open = Consume(all, out);
  pending_.erase(0, pending_.size() - all.size());
  return open;
}

bool Session::Consume(std::string_view& bytes, std::string& out) {
  while (true) {
    uint64_t skipped = std::min<uint64_t>(body_left_, bytes.size());
    body_left_ -= skipped;
    bytes.remove_prefix(static_cast<size_t>(skipped));
    if (bytes.empty()) return true;
    RequestHead head;
    HeadStatus status = ParseRequestHead(bytes, head);
    if (status == HeadStatus::kIncomplete) return true;
    if (status != HeadStatus::kComplete) return Refuse(status, out);
    if (!Answer(head, out)) return false;
    bytes.remove_prefix(head.head_bytes);
    body_left_ = head.content_bytes;
  }
}

bool Session::Answer(const RequestHead& head, std::string& out) {
  ++requests_;
  if (head.chunked) {
    Append(out, "501 Not Implemented", "chunked requests are not supported\n", Connection::kClose);
    return false;
  }
  if (head.content_bytes > kBodyBytesMax) {
    Append(out, "413 Content Too Large", "too large\n", Connection::kClose);
    return false;
  }
  if (head.expects_continue && head.content_bytes > 0) out += "HTTP/1.1 100 Continue\r\n\r\n";
  bool keep_alive = head.keep_alive && !host_.stopping();
  Connection connection = !keep_alive     ? Connection::kClose
                          : head.http_1_0 ? Connection::kKeepAndSaySo
                                          : Connection::kKeep;
  bool is_head = head.method == "HEAD";
  if (head.target != "/" && head.target != "/stats") {
    Append(out, "404 Not Found", "not found\n", connection, !is_head);
  } else if (head.method != "GET" && !is_head) {
    Append(out, "405 Method Not Allowed", "only GET and HEAD\n", connection);
  } else if (head.target == "/") {
    Append(out, "200 OK", "Hello, World!", connection, !is_head);
  } else {
    Append(out, "200 OK", host_.Stats(), connection, !is_head);
  }
  return keep_alive;
}

bool Session::Refuse(HeadStatus status, std::string& out) const {
  switch (status) {
    case HeadStatus::kTooLarge:
      Append(out, "431 Request Header Fields Too Large", "head too large\n", Connection::kClose);
      break;
    case HeadStatus::kBadVersion:
      Append(out, "505 HTTP Version Not Supported", "HTTP/1.0 or 1.1\n", Connection::kClose);
      break;
    default:
      Append(out, "400 Bad Request", "bad request\n", Connection::kClose);
      break;
  }
  return false;
}

void Session::TimeOut(std::string& out) const {
  if (!idle()) Append(out, "408 Request Timeout", "request timeout\n", Connection::kClose);
}

void Session::Append(std::string& out, std::string_view status, std::string_view body,
                     Connection connection, bool with_body) const {
  char length[20];
  auto length_end = std::to_chars(length, length + sizeof length, body.size()).ptr;
  out.append("HTTP/1.1 ").append(status).append("\r\nServer: zokio\r\nDate: ");
  out.append(host_.Date()).append("\r\nContent-Type: text/plain\r\nContent-Length: ");
  out.append(length, static_cast<size_t>(length_end - length));
  if (status.starts_with("405")) out.append("\r\nAllow: GET, HEAD");
  if (connection == Connection::kKeepAndSaySo) out.append("\r\nConnection: keep-alive");
  if (connection == Connection::kClose) out.append("\r\nConnection: close");
  out.append("\r\n\r\n");
  if (with_body) out.append(body);
}

}  // namespace zokio::http
