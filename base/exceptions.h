// ZOKIO_EXCEPTIONS: 1 where this build has C++ exceptions. The library throws none of its own; it
// keeps a user's exception and rethrows it at the join. Everything also builds without them.
#ifndef ZOKIO_BASE_EXCEPTIONS_H_
#define ZOKIO_BASE_EXCEPTIONS_H_

#if defined(__cpp_exceptions)
#define ZOKIO_EXCEPTIONS 1
#else
#define ZOKIO_EXCEPTIONS 0
#endif

#endif  // ZOKIO_BASE_EXCEPTIONS_H_
