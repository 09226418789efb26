// EpollBackend: readiness by epoll, edge-triggered; the fallback where io_uring is denied.
//
// A socket is registered once, for reading and writing, when it first has to wait; afterwards no
// system call is made per wait. Wake-ups come by an eventfd.
//
// Thread-safety, errors: as Backend.
// Cost: one epoll_wait per turn that has sockets registered; registering and closing one call each.
#ifndef ZOKIO_IO_BACKEND_EPOLL_H_
#define ZOKIO_IO_BACKEND_EPOLL_H_

#include <memory>

#include "base/result.h"
#include "io/backend.h"

namespace zokio::io {

Result<std::unique_ptr<Backend>> CreateEpollBackend(BackendReport report);

}  // namespace zokio::io

#endif  // ZOKIO_IO_BACKEND_EPOLL_H_
