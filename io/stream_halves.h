// ReadHalf, WriteHalf: the two directions of a stream, owned apart; Split, Reunite.
//
//   auto [reader, writer] = zokio::Split(*std::move(stream));
//   scope.Spawn(Receive(std::move(reader)));
//   scope.Spawn(Send(std::move(writer)));
//
// `Stream` is a TcpStream, UnixStream, SocketStream or TlsStream.
//
// Ownership: together they own the stream, which closes with the one that is dropped last. Dropping
//   the WriteHalf of a socket ends its sending half: the peer reads the end. That of a TlsStream
//   says nothing: end by Shutdown.
// Thread-safety: each half one thread at a time; the two at once, on two threads.
// Cancellation, errors: as the stream's.
// Cost: one allocation for both; a call is the stream's own.
#ifndef ZOKIO_IO_STREAM_HALVES_H_
#define ZOKIO_IO_STREAM_HALVES_H_

#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/result.h"
#include "io/write_data.h"

namespace zokio {

template <typename Stream>
class ReadHalf;
template <typename Stream>
class WriteHalf;

template <typename Stream>
std::pair<ReadHalf<Stream>, WriteHalf<Stream>> Split(Stream stream) {
  auto shared = std::make_shared<Stream>(std::move(stream));
  return {ReadHalf<Stream>(shared), WriteHalf<Stream>(shared)};
}

// The whole stream again; kInvalidArgument where the halves are those of two streams, which stay.
template <typename Stream>
Result<Stream> Reunite(ReadHalf<Stream>&& reader, WriteHalf<Stream>&& writer) {
  if (reader.stream_ == nullptr || reader.stream_ != writer.stream_) {
    return Error(ErrorCode::kInvalidArgument, "reunite");
  }
  Stream whole = std::move(*reader.stream_);
  reader.stream_.reset();
  writer.stream_.reset();
  return whole;
}

template <typename Stream>
class ReadHalf {
 public:
  ReadHalf() = default;

  // REQUIRES: it was not moved from, as for all calls.
  auto Read() { return stream_->Read(); }
  // Copies into `target`, which must live as long as the future.
  auto Read(std::span<uint8_t> target) { return stream_->Read(target); }
  auto ReadVector(std::vector<std::span<uint8_t>> targets) {
    return stream_->ReadVector(std::move(targets));
  }
  const Stream& stream() const { return *stream_; }

 private:
  explicit ReadHalf(std::shared_ptr<Stream> stream) : stream_(std::move(stream)) {}
  friend std::pair<ReadHalf, WriteHalf<Stream>> Split<Stream>(Stream stream);
  friend Result<Stream> Reunite<Stream>(ReadHalf&& reader, WriteHalf<Stream>&& writer);

  std::shared_ptr<Stream> stream_;
};

template <typename Stream>
class WriteHalf {
 public:
  WriteHalf() = default;
  WriteHalf(WriteHalf&&) noexcept = default;
  WriteHalf& operator=(WriteHalf&& other) noexcept {
    std::swap(stream_, other.stream_);
    return *this;
  }
  ~WriteHalf() {
    if constexpr (std::is_same_v<decltype(stream_->Shutdown()), Result<void>>) {
      // The peer may be gone already.
      if (stream_ != nullptr && stream_->open()) (void)stream_->Shutdown();
    }
  }

  // `Data` is a Lease, a string, OwnedBytes, or a span that outlives the future.
  template <typename Data>
  auto WriteAll(Data data) {
    return stream_->WriteAll(std::move(data));
  }
  auto WriteVector(std::vector<io::WriteData> pieces) {
    return stream_->WriteVector(std::move(pieces));
  }
  // Ends the sending half. As the stream's: a result, or a task that gives it.
  auto Shutdown() { return stream_->Shutdown(); }
  const Stream& stream() const { return *stream_; }

 private:
  explicit WriteHalf(std::shared_ptr<Stream> stream) : stream_(std::move(stream)) {}
  friend std::pair<ReadHalf<Stream>, WriteHalf> Split<Stream>(Stream stream);
  friend Result<Stream> Reunite<Stream>(ReadHalf<Stream>&& reader, WriteHalf&& writer);

  std::shared_ptr<Stream> stream_;
};

}  // namespace zokio

#endif  // ZOKIO_IO_STREAM_HALVES_H_
