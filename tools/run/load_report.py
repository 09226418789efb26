"""Starts the HTTP server, drives it with wrk and prints one table. Used by ./run."""

import argparse
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request

CONNECTIONS = (64, 1000)


class RunError(Exception):
    """What went wrong, in one line for the user."""


class Server:
    """The server process: its address, its CPU time and memory, its end."""

    def __init__(self, binary, backend):
        self.process = subprocess.Popen(
            [binary, "--port", "0", "--backend", backend],
            stdout=subprocess.PIPE, text=True)
        self.backend = "unknown"
        self.address = None
        for line in self.process.stdout:
            if line.startswith("backend: "):
                self.backend = line[len("backend: "):].strip()
            if line.startswith("listening on "):
                self.address = line[len("listening on "):].strip()
                return
        raise RunError(f"the server did not start (exit status {self.process.wait()})")

    def cpu_seconds(self):
        """Over all threads, ended ones included; nanoseconds inside, not ticks."""
        total_ns = 0
        tasks = f"/proc/{self.process.pid}/task"
        for task in os.listdir(tasks):
            with open(f"{tasks}/{task}/schedstat", encoding="ascii") as file:
                total_ns += int(file.read().split()[0])
        return total_ns / 1e9

    def resident_mib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            match = re.search(r"VmRSS:\s+(\d+) kB", file.read())
        return int(match.group(1)) / 1024

    def connections(self):
        with urllib.request.urlopen(f"http://{self.address}/stats", timeout=5) as answer:
            match = re.search(r"^connections (\d+)$", answer.read().decode(), re.M)
        return int(match.group(1)) - 1  # without the one that asked

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout=15)
        except subprocess.TimeoutExpired as error:
            self.process.kill()
            raise RunError("the server did not stop within 15 s of SIGTERM") from error
        if status != 0:
            raise RunError(f"the server ended with exit status {status}")


def parse_wrk(text):
    """The figures of one run of `wrk --latency`."""
    def find(pattern, default=None):
        match = re.search(pattern, text)
        if match is None and default is None:
            raise RunError(f"wrk printed no {pattern!r}:\n{text}")
        return match.group(1) if match else default

    errors = re.search(
        r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    return {
        "rate": float(find(r"Requests/sec:\s+([\d.]+)")),
        "requests": int(find(r"(\d+) requests in")),
        "p50": find(r"50%\s+(\S+)"),
        "p99": find(r"99%\s+(\S+)"),
        "errors": sum(int(count) for count in errors.groups()) if errors else 0,
        "bad_answers": int(find(r"Non-2xx or 3xx responses: (\d+)", "0")),
    }


def measure(server, connections, seconds):
    """One row: wrk with so many connections, and what the server used meanwhile."""
    cpu_before = server.cpu_seconds()
    wrk = subprocess.Popen(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency",
         f"http://{server.address}/"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    time.sleep(seconds / 2)  # the middle of the load is when the connections are there
    held = server.connections()
    row = {}
    text, _ = wrk.communicate()
    if wrk.returncode != 0:
        raise RunError(f"wrk failed: {text.strip().splitlines()[-1]}")
    row.update(parse_wrk(text))
    row["connections"] = connections
    row["held"] = held
    row["cpu"] = server.cpu_seconds() - cpu_before
    row["rss"] = server.resident_mib()
    return row


HEADER = (f"{'connections':>11} {'held':>6} {'requests/s':>11} {'p50':>9} {'p99':>9} "
          f"{'errors':>7} {'not 2xx':>8} {'CPU s':>7} {'CPU us/request':>15} {'memory MiB':>11}")


def format_row(row):
    return (f"{row['connections']:>11} {row['held']:>6} {row['rate']:>11.0f} {row['p50']:>9} "
            f"{row['p99']:>9} {row['errors']:>7} {row['bad_answers']:>8} {row['cpu']:>7.2f} "
            f"{row['cpu'] * 1e6 / max(row['requests'], 1):>15.2f} {row['rss']:>11.1f}")


def main():
    parser = argparse.ArgumentParser(prog="./run", description=__doc__)
    parser.add_argument("--server", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=int, default=4, help="per row")
    parser.add_argument("--backend", default="auto", choices=["auto", "io_uring", "epoll"])
    args = parser.parse_args()

    server = Server(args.server, args.backend)
    rows = []
    try:
        print(f"\nHTTP/1.1 server on {server.address}, a worker per core ({os.cpu_count()}), "
              "load by wrk on the same machine")
        print(f"backend: {server.backend}\n")
        print(HEADER)
        for connections in CONNECTIONS:
            rows.append(measure(server, connections, args.seconds))
            print(format_row(rows[-1]), flush=True)
    finally:
        server.stop()
    print("\nThe server drained and stopped.")
    errors = sum(row["errors"] for row in rows)
    bad_answers = sum(row["bad_answers"] for row in rows)
    if errors or bad_answers:
        raise RunError(f"{errors} socket errors and {bad_answers} answers that were not 2xx")
    if any(row["held"] < row["connections"] for row in rows):
        raise RunError("the server held fewer connections than wrk opened")


if __name__ == "__main__":
    try:
        main()
    except RunError as error:
        print(f"./run: {error}", file=sys.stderr)
        sys.exit(1)
    except FileNotFoundError as error:
        print(f"./run: {error}", file=sys.stderr)
        sys.exit(1)
