"""HTTP servers on one core under wrk: requests for each second of the server's CPU time."""

import contextlib
import http.client
import os
import socket
import subprocess
import tempfile
import time

from tools.compare.harness import cores, figures, process
from tools.compare.harness.case import Case, Contender
from tools.compare.harness.outcome import Measurement, NotVerified, Words
from tools.compare.harness.programs import ROOT, Built, Installed

BODY = b'Hello, World!'
SCRIPT = os.path.join(ROOT, 'load', 'requests.lua')

# What a user writes: the example, on a free port.
OURS = ['//examples/http_server', '--port', '0']

NGINX_CONF = '''
daemon off;
worker_processes 1;
pid %(folder)s/pid;
error_log stderr crit;
events { worker_connections 16384; }
http {
  access_log off;
  default_type text/plain;
  keepalive_requests 1000000000;
  client_body_temp_path %(folder)s/body;
  proxy_temp_path %(folder)s/proxy;
  fastcgi_temp_path %(folder)s/fastcgi;
  uwsgi_temp_path %(folder)s/uwsgi;
  scgi_temp_path %(folder)s/scgi;
  server {
    listen 127.0.0.1:%(port)d backlog=4096;
    location / { return 200 "%(body)s"; }
  }
}
'''


def AnswerBytes(port):
    """Asks once, checks the answer, and returns how many bytes it has, head and all."""
    try:
        connection = http.client.HTTPConnection('127.0.0.1', port, timeout=5)
        connection.request('GET', '/')
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        if answer.status != 200 or body != BODY:
            raise NotVerified('answered %d with %r' % (answer.status, body[:40]))
        with socket.create_connection(('127.0.0.1', port), timeout=5) as plain:
            plain.sendall(b'GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n' % port)
            received = b''
            while not received.endswith(BODY):
                part = plain.recv(4096)
                if not part:
                    raise NotVerified('closed the connection')
                received += part
            return len(received)
    except (OSError, http.client.HTTPException) as error:
        raise NotVerified('gave no answer: %s' % error) from None


def CheckRequests(words, connections, answer_bytes):
    """What wrk counted must be all answers, each whole; returns the number of requests."""
    errors = {key: int(words[key]) for key in ('connect', 'read', 'write', 'status', 'timeout')}
    if any(errors.values()):
        raise NotVerified('wrk counts errors: %s' % errors)
    requests, received = int(words['requests']), int(words['bytes'])
    if requests <= 0:
        raise NotVerified('wrk counts no request')
    # At the end each connection may have part of one answer more.
    if not requests * answer_bytes <= received <= (requests + connections) * answer_bytes:
        raise NotVerified('%d answers of %d bytes are not %d bytes' % (
            requests, answer_bytes, received))
    return requests


def Load(wrk, pid, port, connections, seconds):
    """One run of wrk against a server; returns the verified figure."""
    answer_bytes = AnswerBytes(port)
    command = [wrk, '-t1', '-c%d' % connections, '-d%ds' % max(1, round(seconds)), '-s', SCRIPT,
               'http://127.0.0.1:%d/' % port]
    cpu_before = process.CpuTimeNs(pid)
    output, status = process.Run(command, cores.Client(), timeout_s=seconds + 20)
    cpu_s = (process.CpuTimeNs(pid) - cpu_before) / 1e9
    lines = [line for line in output.splitlines() if line.startswith('requests=')]
    if status != 0 or not lines:
        raise NotVerified('wrk failed: %s' % output.strip()[-200:])
    requests = CheckRequests(Words(lines[0]), connections, answer_bytes)
    return Measurement(requests / cpu_s, requests)


@contextlib.contextmanager
def Nginx(nginx):
    """nginx with one worker on the server's core; yields (pid, port)."""
    with tempfile.TemporaryDirectory() as folder:
        with socket.create_server(('127.0.0.1', 0)) as probe:
            port = probe.getsockname()[1]  # nginx cannot choose a port and tell it
        conf = os.path.join(folder, 'nginx.conf')
        with open(conf, 'w', encoding='utf-8') as file:
            file.write(NGINX_CONF % {'folder': folder, 'port': port, 'body': BODY.decode()})
        server = subprocess.Popen([nginx, '-p', folder, '-c', conf], stderr=subprocess.PIPE,
                                  preexec_fn=cores.Pin(cores.Server()))
        try:
            _AwaitListening(server, port)
            yield server.pid, port
        finally:
            server.terminate()
            server.communicate(timeout=10)


def _AwaitListening(server, port):
    deadline = time.monotonic() + process.START_MAX_S
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection(('127.0.0.1', port), timeout=1).close()
            return
        time.sleep(0.01)
    raise NotVerified('nginx did not start')


def _Built(server, connections):
    """`server` is a program to be found by Built, and its arguments."""

    def Measure(programs, seconds):
        command, wrk = programs
        with process.Server(command) as (pid, port):
            return Load(wrk, pid, port, connections, seconds)

    return lambda: ([Built(server[0]), *server[1:]], Installed('wrk', 'wrk')), Measure


def _Nginx(connections):
    def Measure(programs, seconds):
        nginx, wrk = programs
        with Nginx(nginx) as (pid, port):
            return Load(wrk, pid, port, connections, seconds)

    return lambda: (Installed('nginx', 'nginx-light'), Installed('wrk', 'wrk')), Measure


def HttpCase(connections, bar_nginx):
    """Small answers to keep-alive requests, one under way on each connection."""
    return Case(
        name='http_c%d' % connections,
        work='wrk on %d connections asks for 13 bytes' % connections,
        unit='req/cpu_s', better=figures.MORE,
        ours=Contender('ours', *_Built(OURS, connections)),
        peers=[Contender('nginx', *_Nginx(connections)),
               Contender('bare-liburing', *_Built(['bare/http_uring'], connections))],
        bars={'nginx': bar_nginx, 'bare-liburing': 0.9}, run_s_max=2.0, overhead_s=0.3)


CASES = [HttpCase(64, 1.0), HttpCase(1000, 1.3)]
