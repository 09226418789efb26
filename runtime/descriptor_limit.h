// RaiseDescriptorLimit: as many descriptors as the system lets this process have.
//
// A server of 10 000 connections needs 10 000 descriptors; the usual soft limit is 1024. Call it
// in main. Thread-safety: any thread.  Errors: none; what cannot be raised stays.
#ifndef ZOKIO_RUNTIME_DESCRIPTOR_LIMIT_H_
#define ZOKIO_RUNTIME_DESCRIPTOR_LIMIT_H_

#include <cstdint>

namespace zokio {

// Raises the soft limit to the hard one. Returns the limit that holds now.
uint64_t RaiseDescriptorLimit();

}  // namespace zokio

#endif  // ZOKIO_RUNTIME_DESCRIPTOR_LIMIT_H_
