#!/usr/bin/env python3
"""Compiles base, future and all they need for wasm32 (WASI, no exceptions), and runs a program.

usage: wasm.py

Sources come from the build graph: every target of base and future that is no test, and what it
reaches. The program of tests/downstream is linked from them and runs under node's WASI, where node
is at hand.
"""

import concurrent.futures
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, ROOT)
from tools.check import graph  # pylint: disable=wrong-import-position

COMPILER = ['clang++-19', '--target=wasm32-wasi', '-std=c++20', '-fno-exceptions', '-O1', '-Wall',
            '-Wextra', '-Werror', '-Wno-missing-field-initializers', '-I.']
PROGRAM = 'tests/downstream/task_test.cc'
# What must not compile here: each is a way to leave what WASI without exceptions offers.
PLANTED = {
    'throw': 'void F() { throw 1; }\n',
    'epoll': '#include <sys/epoll.h>\nint F() { return epoll_create1(0); }\n',
    'warning': 'int F() { int unused = 1; return 0; }\n',
}
# Debian 12's node prints that WASI is experimental; that is no error.
RUNNER = '''
import { readFileSync } from 'node:fs';
import { WASI } from 'node:wasi';
const wasi = new WASI({ version: 'preview1', returnOnExit: true });
const module = await WebAssembly.compile(readFileSync(process.argv[2]));
const imports = { wasi_snapshot_preview1: wasi.wasiImport };
process.exitCode = wasi.start(await WebAssembly.instantiate(module, imports)) ?? 0;
'''


def FilesOf(rules, rooms):
    """(sources, headers) of all that the targets of the rooms reach, tests left out."""
    labels = set()
    for rule in rules.values():
        if not rule.testonly and rule.kind == 'cc_library' and rule.name[2:].partition(
                ':')[0] in rooms:
            labels |= graph.Reachable(rules, rule.name)
    sources, headers = set(), set()
    for label in labels & set(rules):
        rule = rules[label]
        sources.update(graph.PathOf(s) for s in rule.srcs if s.endswith('.cc'))
        headers.update(graph.PathOf(h) for h in rule.hdrs + rule.srcs
                       if h.endswith('.h') and '/model' not in h)
    return sorted(s for s in sources if '/model/' not in s), sorted(headers)


def Run(command):
    """(ok, output) of a command."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.returncode == 0, done.stdout.decode()


def Report(name, ok):
    print('//tools/check:%s %s in 0.0s' % (name, 'PASSED' if ok else 'FAILED'))
    return ok


def Compile(folder, sources, headers):
    """Compiles all; returns the objects, or None after printing what failed."""
    objects = {s: os.path.join(folder, s.replace('/', '_') + '.o') for s in sources}
    commands = [COMPILER + ['-c', s, '-o', o] for s, o in objects.items()]
    # All headers in one source: that each stands alone is what the tidy check shows.
    every_header = os.path.join(folder, 'every_header.cc')
    with open(every_header, 'w', encoding='utf-8') as f:
        f.writelines('#include "%s"\n' % h for h in headers)
    commands.append(COMPILER + ['-fsyntax-only', every_header])
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        failed = [output for ok, output in pool.map(Run, commands) if not ok]
    print('\n'.join(failed), end='')
    return None if failed else list(objects.values())


def CatchesPlantedFaults(folder):
    """Whether each planted source is refused."""
    missed = []
    for name, text in PLANTED.items():
        source = os.path.join(folder, name + '.cc')
        with open(source, 'w', encoding='utf-8') as f:
            f.write(text)
        if Run(COMPILER + ['-c', source, '-o', source + '.o'])[0]:
            missed.append(name)
    if missed:
        print('compiled, but must not: ' + ', '.join(missed))
    return not missed


def Main():
    os.chdir(ROOT)
    sources, headers = FilesOf(graph.Load(), ('base', 'future'))
    print('wasm32: %d sources, %d headers' % (len(sources), len(headers)))
    with tempfile.TemporaryDirectory() as folder:
        if not Report('wasm_catches_planted_faults', CatchesPlantedFaults(folder)):
            return 1
        objects = Compile(folder, sources, headers)
        if not Report('wasm_compiles', bool(objects)):
            return 1
        binary = os.path.join(folder, 'program.wasm')
        linked, output = Run(COMPILER + [PROGRAM] + objects + ['-o', binary])
        print(output, end='')
        if not Report('wasm_links', linked):
            return 1
        if shutil.which('node') is None:
            print('skipped //tools/check:wasm_runs: there is no node here')
            return 0
        runner = os.path.join(folder, 'run.mjs')
        with open(runner, 'w', encoding='utf-8') as f:
            f.write(RUNNER)
        ran, output = Run(['node', '--no-warnings', '--experimental-wasi-unstable-preview1', runner,
                           binary])
        print(output, end='')
        return 0 if Report('wasm_runs', ran) else 1


if __name__ == '__main__':
    sys.exit(Main())
