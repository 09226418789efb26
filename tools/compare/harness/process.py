"""Starting, pinning, timing and ending programs."""

import contextlib
import os
import re
import resource
import select
import subprocess
import tempfile
import time

from tools.compare.harness import cores
from tools.compare.harness.outcome import NotVerified

START_MAX_S = 10

# What is started inherits this: a default of 1024 descriptors is less than a case's connections.
_, _most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (_most, _most))


def Run(command, core_set, timeout_s):
    """Runs a program pinned to cores; returns (standard output, exit status)."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=timeout_s, check=False, preexec_fn=cores.Pin(core_set))
    except subprocess.TimeoutExpired:
        raise NotVerified('did not end within %d s' % timeout_s) from None
    if done.returncode != 0 and not done.stdout:
        return 'failed=' + (done.stderr.strip().splitlines() or ['no message'])[-1], 1
    return done.stdout, done.returncode


def CpuTimeNs(pid):
    """CPU time of a process and its children, all threads included, to the nanosecond.

    The kernel's clock of a process, as of clock_getcpuclockid(3), which Python does not wrap. It
    also counts threads that have ended.
    """
    total = time.clock_gettime_ns((~pid << 3) | 2)
    with contextlib.suppress(FileNotFoundError):
        with open('/proc/%d/task/%d/children' % (pid, pid), encoding='ascii') as children:
            return total + sum(CpuTimeNs(int(child)) for child in children.read().split())
    return total


def PortOf(line):
    """The port that a line of a server's output names, or None."""
    match = re.search(r'^port=(\d+)|^listening on .*:(\d+)$', line)
    return int(match[1] or match[2]) if match else None


def _ReadPort(process, log):
    """Waits for the line that names the port."""
    deadline = time.monotonic() + START_MAX_S
    text = ''
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
            raise NotVerified('the server named no port')
        part = os.read(process.stdout.fileno(), 4096)
        if not part:
            log.seek(0)
            message = log.read().decode(errors='replace').strip().splitlines()
            raise NotVerified('the server ended: ' + (message or ['no message'])[-1])
        text += part.decode(errors='replace')
        for line in text.splitlines(keepends=True):
            port = PortOf(line.rstrip('\n')) if line.endswith('\n') else None
            if port is not None:
                return port


@contextlib.contextmanager
def Server(command):
    """A server on the server's core; yields (pid, port) and ends it afterwards."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log,
                                   preexec_fn=cores.Pin(cores.Server()))
        try:
            yield process.pid, _ReadPort(process, log)
        finally:
            process.terminate()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()
