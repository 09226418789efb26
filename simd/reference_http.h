// The oracle of the HTTP head tokeniser, one byte at a time; contracts in simd/http_head.h.
#ifndef ZOKIO_SIMD_REFERENCE_HTTP_H_
#define ZOKIO_SIMD_REFERENCE_HTTP_H_

#include <cstdint>
#include <span>

#include "simd/http_types.h"

namespace zokio::simd::reference {

HttpStatus ParseHttpRequest(std::span<const uint8_t> data, const HttpLimits& limits,
                            std::span<HttpHeader> headers, HttpRequestHead& head);
HttpStatus ParseHttpResponse(std::span<const uint8_t> data, const HttpLimits& limits,
                             std::span<HttpHeader> headers, HttpResponseHead& head);

}  // namespace zokio::simd::reference

#endif  // ZOKIO_SIMD_REFERENCE_HTTP_H_
