#include "actor/supervision.h"

#include "base/exceptions.h"

namespace zokio {

std::string Failure::ToString() const {
#if ZOKIO_EXCEPTIONS
  if (exception != nullptr) {
    try {
      std::rethrow_exception(exception);
    } catch (const std::exception& thrown) {
      return thrown.what();
    } catch (...) {
      return "an exception that is no std::exception";
    }
  }
#endif
  return error.ToString();
}

}  // namespace zokio
