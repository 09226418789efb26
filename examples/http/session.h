// Session: the HTTP/1.1 side of one connection, without the connection.
//
// Bytes in, bytes out: it takes what was received, appends the answers of all requests that are
// complete (pipelined ones in one go) and says whether the connection goes on. It does no I/O, so
// that any split of any input can be tested and fuzzed.
//
// Answers: GET and HEAD of "/" and "/stats"; 404, 405, 400, 408, 413, 431, 501 and 505 where due. A
// body is read past and dropped, up to a limit. After an error the connection closes.
//
// Ownership: keeps the bytes of an unfinished head, nothing else of its input.
// Thread-safety: one thread.
// Cost: no allocation for a request that arrives whole; one for a head that arrives in pieces.
#ifndef ZOKIO_EXAMPLES_HTTP_SESSION_H_
#define ZOKIO_EXAMPLES_HTTP_SESSION_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "examples/http/request_head.h"

namespace zokio::http {

// What the server tells its sessions. Outlives them; Date and stopping may change any time.
class SessionHost {
 public:
  virtual ~SessionHost() = default;
  // "Sun, 06 Nov 1994 08:49:37 GMT"
  virtual std::string_view Date() const = 0;
  // The text of "/stats".
  virtual std::string Stats() const = 0;
  // True once the server drains: answers then say "Connection: close".
  virtual bool stopping() const = 0;
};

class Session {
 public:
  static constexpr uint64_t kBodyBytesMax = 1 << 20;

  explicit Session(const SessionHost& host) : host_(host) {}

  // Appends to `out` what is to be sent. False when the connection is to be closed after that.
  bool Receive(std::string_view bytes, std::string& out);

  // The answer to a client that takes too long over a request; nothing between requests.
  void TimeOut(std::string& out) const;

  // Between requests: closing now loses nothing.
  bool idle() const { return pending_.empty() && body_left_ == 0; }
  uint64_t requests() const { return requests_; }

 private:
  // Handles what is complete at the front of `bytes` and removes it.
  bool Consume(std::string_view& bytes, std::string& out);
  bool Answer(const RequestHead& head, std::string& out);
  bool Refuse(HeadStatus status, std::string& out) const;
  enum class Connection { kKeep, kKeepAndSaySo, kClose };
  void Append(std::string& out, std::string_view status, std::string_view body,
              Connection connection, bool with_body = true) const;

  const SessionHost& host_;
  std::string pending_;
  uint64_t body_left_ = 0;
  uint64_t requests_ = 0;
};

}  // namespace zokio::http

#endif  // ZOKIO_EXAMPLES_HTTP_SESSION_H_
