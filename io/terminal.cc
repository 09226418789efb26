#include "io/terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "io/loop.h"

namespace zokio {

struct RawTerminal::Settings {
  io::NativeHandle handle;
  termios former;
};

void RawTerminal::Restore::operator()(Settings* settings) const {
  (void)tcsetattr(settings->handle, TCSANOW, &settings->former);
  delete settings;
}

Result<Pipe> OpenStandard(StandardStream stream) {
  return ReopenPipe(static_cast<io::NativeHandle>(stream), stream == StandardStream::kInput);
}

Result<Pipe> ReopenPipe(io::NativeHandle handle, bool for_reading) {
  if (io::Loop::Current() == nullptr) return Error(ErrorCode::kWrongThread, "open standard stream");
  struct stat status;
  if (fstat(handle, &status) != 0) return Error::FromErrno(errno, "open standard stream");
  if (!S_ISFIFO(status.st_mode) && isatty(handle) == 0) {
    return Error(ErrorCode::kUnsupported, "open standard stream");
  }
  // The user's end of a pseudo terminal: opening that device anew makes another terminal.
  int number = 0;
  if (ioctl(handle, TIOCGPTN, &number) == 0) {
    return Error(ErrorCode::kUnsupported, "open standard stream");
  }
  const std::string path = "/proc/self/fd/" + std::to_string(handle);
  const int flags = (for_reading ? O_RDONLY : O_WRONLY) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  const int own = open(path.c_str(), flags);
  if (own < 0) return Error::FromErrno(errno, "open standard stream");
  return Pipe::Adopt(io::OwnedHandle(own));
}

bool IsTerminal(io::NativeHandle handle) { return isatty(handle) == 1; }

Result<TerminalSize> SizeOfTerminal(io::NativeHandle handle) {
  winsize native{};
  if (ioctl(handle, TIOCGWINSZ, &native) != 0) return Error::FromErrno(errno, "terminal size");
  TerminalSize size;
  size.columns = native.ws_col;
  size.rows = native.ws_row;
  return size;
}

Result<RawTerminal> RawTerminal::Enter(io::NativeHandle handle) {
  std::unique_ptr<Settings, Restore> former;
  termios settings{};
  if (tcgetattr(handle, &settings) != 0) return Error::FromErrno(errno, "raw terminal");
  termios raw = settings;
  cfmakeraw(&raw);
  if (tcsetattr(handle, TCSANOW, &raw) != 0) return Error::FromErrno(errno, "raw terminal");
  former.reset(new Settings{handle, settings});
  return RawTerminal(std::move(former));
}

}  // namespace zokio
