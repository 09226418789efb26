#include "io/tls/tls_stream.h"

#include <algorithm>

#include "base/check.h"
#include "future/mutex.h"
#include "future/timeout.h"
#include "io/loop.h"

namespace zokio {
namespace {

// Plaintext that is encrypted before some of it is sent: four records.
constexpr size_t kPartMax = size_t{64} << 10;

}  // namespace

struct TlsStream::State {
  State(SocketStream below, TlsContext context)
      : stream(std::move(below)), engine(std::move(context)) {}

  SocketStream stream;
  io::TlsEngine engine;
  AsyncMutex sending;
  AsyncMutex receiving;
  bool cut = false;    // under `sending`: a send was begun and did not end
  bool ended = false;  // under `sending`: the peer was told that nothing more comes
};

io::TlsEngine& TlsStream::engine() const {
  ZOKIO_CHECK(state_ != nullptr, "a TlsStream that is not open");
  return state_->engine;
}

const SocketStream& TlsStream::stream() const {
  ZOKIO_CHECK(state_ != nullptr, "a TlsStream that is not open");
  return state_->stream;
}

void TlsStream::Close() {
  if (const StatePtr state = std::exchange(state_, nullptr)) state->stream.Close();
}

Task<Result<TlsStream>> TlsStream::Connect(SocketStream stream, TlsContext context,
                                           std::string name, TlsConnectOptions options) {
  ZOKIO_CHECK(!context.is_server(), "TlsStream::Connect with a server's context");
  TlsStream tls(std::make_shared<State>(std::move(stream), std::move(context)));
  const Result<void> started = tls.engine().Start(name, options.session);
  if (!started.ok()) co_return started.error();
  Task<Result<void>> handshake = Handshake(tls.state_);
  const Result<void> done = co_await Timeout(std::move(handshake), options.handshake_max);
  if (!done.ok()) co_return done.error();
  co_return std::move(tls);
}

Task<Result<TlsStream>> TlsStream::Accept(SocketStream stream, TlsContext context,
                                          Duration handshake_max) {
  ZOKIO_CHECK(context.is_server(), "TlsStream::Accept with a client's context");
  TlsStream tls(std::make_shared<State>(std::move(stream), std::move(context)));
  const Result<void> started = tls.engine().Start(std::string(), nullptr);
  if (!started.ok()) co_return started.error();
  Task<Result<void>> handshake = Handshake(tls.state_);
  const Result<void> done = co_await Timeout(std::move(handshake), handshake_max);
  if (!done.ok()) co_return done.error();
  co_return std::move(tls);
}

Task<Result<void>> TlsStream::Handshake(StatePtr state) {
  while (true) {
    const io::TlsStep step = state->engine.Handshake();
    // Also after a failure: the peer is told why.
    Task<Result<void>> send = SendIfFree(state);
    const Result<void> sent = co_await std::move(send);
    if (step == io::TlsStep::kFailed) co_return state->engine.error();
    if (!sent.ok()) co_return sent;
    if (step == io::TlsStep::kDone) co_return {};
    if (step == io::TlsStep::kEnd) co_return Error(ErrorCode::kEndOfStream, "tls: handshake");
    Task<Result<void>> fetch = FetchInput(state);
    const Result<void> fetched = co_await std::move(fetch);
    if (!fetched.ok()) co_return fetched;
  }
}

// What the engine wants to be sent. REQUIRES: `sending` is held.
Task<Result<void>> TlsStream::SendOutgoing(StatePtr state) {
  while (state->engine.HasOutgoing()) {
    if (state->cut) co_return Error(ErrorCode::kCancelled, "tls: an earlier write was cut short");
    std::string outgoing = state->engine.TakeOutgoing();
    state->cut = true;  // unless this frame lives to see its end
    const Result<void> sent = co_await state->stream.WriteAll(std::move(outgoing));
    if (!sent.ok()) co_return sent;
    state->cut = false;
  }
  co_return {};
}

// For those who do not write themselves: whoever is writing sends what else there is. Where
// writing was cut short, answers to the peer have no way out any more.
Task<Result<void>> TlsStream::SendIfFree(StatePtr state) {
  if (!state->engine.HasOutgoing()) co_return {};
  const AsyncMutex::Guard sending = state->sending.TryLock();
  if (!sending) co_return {};
  if (state->cut) {
    (void)state->engine.TakeOutgoing();
    co_return {};
  }
  Task<Result<void>> send = SendOutgoing(state);
  co_return co_await std::move(send);
}

Task<Result<void>> TlsStream::FetchInput(StatePtr state) {
  // A writer fetches too, where a message of the peer came in part only.
  const AsyncMutex::Guard receiving = co_await state->receiving.Lock();
  if (state->engine.HasInput()) co_return {};  // the one before fetched it
  Result<Lease> chunk = co_await state->stream.Read();
  if (!chunk.ok()) co_return chunk.error();
  if (chunk->empty()) {
    state->engine.FeedEnd();
  } else {
    state->engine.Feed(*std::move(chunk));
  }
  co_return {};
}

Task<Result<Lease>> TlsStream::Read() { return ReadFrom(state_); }

Task<Result<size_t>> TlsStream::Read(std::span<uint8_t> target) { return ReadInto(state_, target); }

Task<Result<Lease>> TlsStream::ReadFrom(StatePtr state) {
  if (state == nullptr) co_return Error(ErrorCode::kClosed, "tls: read");
  while (true) {
    io::Loop* loop = io::Loop::Current();
    if (loop == nullptr) co_return Error(ErrorCode::kWrongThread, "tls: read");
    const uint32_t size = loop->pool().buffer_size();
    io::BufferBlock* block = loop->pool().Take();
    // The ciphertext may lie in the last one: to wait for another would be to wait for ever.
    if (block == nullptr) block = io::BufferPool::NewUnpooled(size);
    if (block == nullptr) co_return Error(ErrorCode::kOutOfMemory, "tls: read");
    size_t count = 0;
    const io::TlsStep step = state->engine.Read({block->data, size}, &count);
    block->offset = 0;
    block->length = static_cast<uint32_t>(count);
    Lease lease(block);  // goes back with this frame, whatever comes
    if (step == io::TlsStep::kDone) co_return std::move(lease);
    lease = Lease();
    if (step == io::TlsStep::kEnd) co_return std::move(lease);
    Task<Result<void>> send = SendIfFree(state);
    const Result<void> sent = co_await std::move(send);
    if (step == io::TlsStep::kFailed) co_return state->engine.error();
    if (!sent.ok()) co_return sent.error();
    Task<Result<void>> fetch = FetchInput(state);
    const Result<void> fetched = co_await std::move(fetch);
    if (!fetched.ok()) co_return fetched.error();
  }
}

Task<Result<size_t>> TlsStream::ReadInto(StatePtr state, std::span<uint8_t> target) {
  if (state == nullptr) co_return Error(ErrorCode::kClosed, "tls: read");
  if (target.empty()) co_return size_t{0};
  while (true) {
    size_t count = 0;
    const io::TlsStep step = state->engine.Read(target, &count);
    if (step == io::TlsStep::kDone) co_return count;
    if (step == io::TlsStep::kEnd) co_return size_t{0};
    Task<Result<void>> send = SendIfFree(state);
    const Result<void> sent = co_await std::move(send);
    if (step == io::TlsStep::kFailed) co_return state->engine.error();
    if (!sent.ok()) co_return sent.error();
    Task<Result<void>> fetch = FetchInput(state);
    const Result<void> fetched = co_await std::move(fetch);
    if (!fetched.ok()) co_return fetched.error();
  }
}

Task<Result<void>> TlsStream::WriteTo(StatePtr state, io::WriteData data) {
  if (state == nullptr) co_return Error(ErrorCode::kClosed, "tls: write");
  const AsyncMutex::Guard sending = co_await state->sending.Lock();
  const std::span<const uint8_t> bytes = data.bytes();
  for (size_t done = 0; done < bytes.size();) {
    if (state->cut) co_return Error(ErrorCode::kCancelled, "tls: an earlier write was cut short");
    const size_t part = std::min(kPartMax, bytes.size() - done);
    const io::TlsStep step = state->engine.Write(bytes.subspan(done, part));
    if (step == io::TlsStep::kWantInput) {
      state->cut = done > 0;  // unless this frame lives to send the rest
      Task<Result<void>> fetch = FetchInput(state);
      const Result<void> fetched = co_await std::move(fetch);
      if (!fetched.ok()) co_return fetched;
      state->cut = false;
      continue;
    }
    if (step != io::TlsStep::kDone) co_return state->engine.error();
    done += part;
    Task<Result<void>> send = SendOutgoing(state);
    const Result<void> sent = co_await std::move(send);
    if (!sent.ok()) co_return sent;
  }
  co_return {};
}

Task<Result<void>> TlsStream::Shutdown() { return ShutdownOf(state_); }

Task<Result<void>> TlsStream::ShutdownOf(StatePtr state) {
  if (state == nullptr) co_return Error(ErrorCode::kClosed, "tls: shutdown");
  const AsyncMutex::Guard sending = co_await state->sending.Lock();
  if (state->ended) co_return {};
  if (state->cut) co_return Error(ErrorCode::kCancelled, "tls: an earlier write was cut short");
  io::TlsStep step = state->engine.Shutdown();
  while (step == io::TlsStep::kWantInput) {
    Task<Result<void>> fetch = FetchInput(state);
    const Result<void> fetched = co_await std::move(fetch);
    if (!fetched.ok()) co_return fetched;
    step = state->engine.Shutdown();
  }
  if (step != io::TlsStep::kDone) co_return state->engine.error();
  Task<Result<void>> send = SendOutgoing(state);
  const Result<void> sent = co_await std::move(send);
  if (!sent.ok()) co_return sent;
  const Result<void> shut = state->stream.Shutdown();
  state->ended = shut.ok();
  co_return shut;
}

}  // namespace zokio
