// Standard input, output and errors, and what is special about terminals.
//
//   auto input = zokio::OpenStandard(zokio::StandardStream::kInput);
//   auto bytes = co_await input->Read();
//   auto raw = zokio::RawTerminal::Enter(input->native_handle());   // keys as they are pressed
//
// OpenStandard opens the pipe or terminal behind the stream anew, so that "does not block" holds
// here alone: the shell and other programs that share the descriptor are not disturbed. A regular
// file (`program < file`) is neither: File reads it, by the path "/dev/stdin".
//
// Ownership: a Pipe owns its own descriptor; closing it leaves the standard one open.
//   RawTerminal restores the terminal's settings when dropped.
// Thread-safety: as Pipe.  Errors: kUnsupported for what is neither (a socket, /dev/null) and for
//   the master of a pseudo terminal; kPermissionDenied where the terminal is another user's (after
//   `su`); kClosed where the process was started without the stream; kWrongThread outside a loop's
//   thread.
#ifndef ZOKIO_IO_TERMINAL_H_
#define ZOKIO_IO_TERMINAL_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "base/result.h"
#include "io/native_handle.h"
#include "io/pipe.h"

namespace zokio {

enum class StandardStream : uint8_t { kInput, kOutput, kErrors };

Result<Pipe> OpenStandard(StandardStream stream);
// The same for any descriptor of a pipe or terminal, which stays the caller's.
Result<Pipe> ReopenPipe(io::NativeHandle handle, bool for_reading);

bool IsTerminal(io::NativeHandle handle);

struct TerminalSize {
  uint16_t columns = 0;
  uint16_t rows = 0;
};
Result<TerminalSize> SizeOfTerminal(io::NativeHandle handle);

class RawTerminal {
 public:
  RawTerminal(RawTerminal&&) = default;
  RawTerminal& operator=(RawTerminal&&) = default;

  // No echo, no line editing, no signals from keys. `handle` stays open while this lives.
  static Result<RawTerminal> Enter(io::NativeHandle handle);

 private:
  struct Settings;
  struct Restore {
    void operator()(Settings* settings) const;
  };
  explicit RawTerminal(std::unique_ptr<Settings, Restore> former) : former_(std::move(former)) {}

  std::unique_ptr<Settings, Restore> former_;
};

}  // namespace zokio

#endif  // ZOKIO_IO_TERMINAL_H_
