// Tokenising the heads of HTTP/1.1 requests and responses (RFC 9112), strictly: what a lenient
// parser would let through is what request smuggling is made of.
//
// Accepted: tokens as methods and header names; visible ASCII as targets; tab, visible ASCII and
// bytes from 0x80 on in values; one empty line before a request. Refused: bare CR or LF, blanks
// before the colon, folded lines, controls anywhere.
//
// Ownership: results point into the bytes given; nothing is copied or allocated.
// Thread-safety: pure functions.
// Errors: HttpStatus; the first offending byte decides. On kIncomplete, call again with all bytes
// from the start of the head once more have come (parsing restarts).
// Cost: one indirect call and one pass; figures in simd/README.md.
#ifndef ZOKIO_SIMD_HTTP_HEAD_H_
#define ZOKIO_SIMD_HTTP_HEAD_H_

#include <cstdint>
#include <span>

#include "simd/http_types.h"

namespace zokio::simd {

// Header fields go to the front of `headers`, in order; head.header_count tells how many.
HttpStatus ParseHttpRequest(std::span<const uint8_t> data, const HttpLimits& limits,
                            std::span<HttpHeader> headers, HttpRequestHead& head);

// The same for a status line. A missing reason phrase is accepted, also without its space.
HttpStatus ParseHttpResponse(std::span<const uint8_t> data, const HttpLimits& limits,
                             std::span<HttpHeader> headers, HttpResponseHead& head);

}  // namespace zokio::simd

#endif  // ZOKIO_SIMD_HTTP_HEAD_H_
