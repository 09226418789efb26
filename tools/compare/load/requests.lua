-- For wrk: exact sums once at the end, in place of its rounded text. Nothing runs per request.
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
      "requests=%d bytes=%d duration_us=%d connect=%d read=%d write=%d status=%d timeout=%d\n",
      summary.requests, summary.bytes, summary.duration, errors.connect, errors.read, errors.write,
      errors.status, errors.timeout))
end
