// OwnedHandle: a descriptor together with the duty to close it.
//
// What arrives over a Unix socket, or is handed over to one. Thread-safety: a plain value.
#ifndef ZOKIO_IO_OWNED_HANDLE_H_
#define ZOKIO_IO_OWNED_HANDLE_H_

#include <utility>

#include "io/internal/socket_calls.h"
#include "io/native_handle.h"

namespace zokio::io {

class OwnedHandle {
 public:
  OwnedHandle() = default;
  explicit OwnedHandle(NativeHandle handle) : handle_(handle) {}
  OwnedHandle(OwnedHandle&& other) noexcept : handle_(other.Release()) {}
  OwnedHandle& operator=(OwnedHandle&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~OwnedHandle() { CloseSocket(handle_); }

  NativeHandle get() const { return handle_; }
  NativeHandle Release() { return std::exchange(handle_, kNoHandle); }

 private:
  NativeHandle handle_ = kNoHandle;
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_OWNED_HANDLE_H_
