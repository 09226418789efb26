"""SIMD kernels beside bare loops and libraries: the cases of //simd's own benchmarks, in pairs.

A case is one name of a benchmark program (`simd_hash_u64_2048`), a contender what follows the slash
there. The program aborts when a run does not compute what it must, so a figure is verified work.

Figures in bytes a second hold as ratios to a bare loop that loads the same 16 KiB: the bars were
measured where that loop does 495 GB/s. All bars are for CPUs with AVX-512, as simd::Targets() sees
them; elsewhere a case has none. `avx2` is our own code with that target forced.
"""

import json

from tools.compare.harness import cores, figures, process
from tools.compare.harness.case import Case, Contender
from tools.compare.harness.outcome import Measurement, Missing, NotVerified
from tools.compare.harness.programs import Built

BYTES = '//simd/bytes_benchmark'
COLUMNS = '//simd/columns_benchmark'
SHORT = '//simd/short_benchmark'
REPETITIONS = 5

# A bar is reached within a tenth.
NEAR = 0.9
LOAD_GB_S = 495.0
LOAD = 'bare-load'

# What simd::Target::kAvx512 asks for, in the kernel's names.
AVX512 = {'avx512f', 'avx512vl', 'avx512dq', 'avx512bw'}

PACKAGES = {'isal': 'libisal2', 'zlib_crc32': 'zlib1g', 'simdjson': 'libsimdjson14',
            'http_parser': 'libhttp-parser-dev', 'picohttpparser': 'libh2o0.13'}


def HasAvx512():
    """Whether the bars hold on this machine."""
    with open('/proc/cpuinfo', encoding='utf-8') as file:
        for line in file:
            if line.startswith('flags'):
                return AVX512 <= set(line.split())
    return False


def ReadBenchmark(output, status, name):
    """The Measurement of one benchmark: the least CPU time of a run, in ns.

    Raises Missing for a peer that says it is not installed, NotVerified where there is no figure.
    """
    if status != 0:
        raise NotVerified('ended with status %d: %s' % (status, output.strip()[-100:]))
    try:
        runs = [run for run in json.loads(output[output.index('{'):])['benchmarks']
                if run['name'] == name and run.get('run_type') != 'aggregate']
    except (ValueError, KeyError) as error:
        raise NotVerified('printed no JSON: %s' % error) from None
    for run in runs:
        if run.get('error_occurred'):
            raise Missing(run['error_message'].rsplit(' ', 1)[-1])
    if not runs:
        raise NotVerified('has no benchmark %s' % name)
    best = min(runs, key=lambda run: run['cpu_time'])
    if best['time_unit'] != 'ns' or not best['cpu_time'] > 0:
        raise NotVerified('printed no time')
    return Measurement(best['cpu_time'], sum(run['iterations'] for run in runs))


def _Run(program, name, seconds):
    command = [program, '--benchmark_filter=^%s$' % name, '--benchmark_format=json',
               '--benchmark_repetitions=%d' % REPETITIONS,
               '--benchmark_min_time=%.4f' % (min(seconds, 0.25) / REPETITIONS)]
    output, status = process.Run(command, cores.Server(), timeout_s=30)
    return ReadBenchmark(output, status, name)


def _Contender(label, path, benchmark):
    def Prepare():
        program = Built(path)
        if label in PACKAGES:
            _Run(program, benchmark, 0.001)  # raises Missing without the library
        return program

    return Contender(label, Prepare, lambda program, seconds: _Run(program, benchmark, seconds))


def SimdCase(program, name, work, peers, bars=None, load_bar=None):
    """A kernel's case.

    Args:
      program: BYTES, COLUMNS or SHORT.
      name: the case, which is the benchmark's name.
      work: what a run does.
      peers: names after the slash there.
      bars: ratio to a peer by its name.
      load_bar: GB/s where bare loads do LOAD_GB_S; adds the load loop as a peer.
    """
    bars = {} if bars is None else dict(bars)
    contenders = [_Contender(peer, program, '%s/%s' % (name, peer)) for peer in peers]
    if load_bar:
        contenders.insert(0, _Contender(LOAD, program, 'simd_load_16384/limit'))
        bars[LOAD] = load_bar / LOAD_GB_S * NEAR
    return Case(name=name, work=work, unit='ns', better=figures.LESS,
                ours=_Contender('ours', program, name + '/ours'), peers=contenders,
                bars=bars if HasAvx512() else {}, run_s_max=0.25, overhead_s=0.2)


def Bytes(name, work, peers, bars=None, load_bar=None):
    """A case of //simd:bytes_benchmark, with AVX2 forced as one more contender."""
    return SimdCase(BYTES, name, work, peers + ['avx2'], bars, load_bar)


def Columns(name, work, peers, bars=None, load_bar=None):
    """The same of //simd:columns_benchmark."""
    return SimdCase(COLUMNS, name, work, peers + ['avx2'], bars, load_bar)


def ShortCases():
    """Short inputs: at most 1.3 times the plain loop."""
    kernels = ['find_byte', 'find_any_of', 'delimiter_positions', 'utf8_ascii', 'utf8_mixed',
               'crc32c', 'internet_checksum', 'base64_encode', 'base64_decode', 'hex_encode',
               'hex_decode', 'filter_u32', 'prefix_sum_u32', 'byte_swap_u32', 'transform_u32',
               'message_classes', 'hash_u64', 'reduce_min_u64', 'deadline_scan', 'bitmap_decode',
               'completion_scan', 'message_split']
    structures = ['completion_scan', 'message_split']  # of 16 bytes
    return [SimdCase(SHORT, 'simd_short_%s_%d' % (kernel, size), 'a short input: %d B' % size,
                     ['loop'], {'loop': 1 / 1.3})
            for kernel in kernels for size in (8, 16, 40, 64)
            if size >= 16 or kernel not in structures]


CASES = [
    # Above 800 thousand a second is below 1250 ns.
    SimdCase(COLUMNS, 'floor_batch', '1000 i32 transformed and summed; floor 1250 ns', ['avx2']),
    Bytes('simd_find_byte_16384', 'one byte in 16 KiB', ['memchr'], {'memchr': 1.0}),
    Bytes('simd_find_any_of_16384', 'one of 3 bytes in 16 KiB', ['strcspn', 'loop'],
          {'strcspn': 1.0}),
    Bytes('simd_delimiter_bitmap_16384', 'all delimiters of 16 KiB, to a bitmap', [],
          load_bar=60),
    Bytes('simd_delimiter_positions_16384', 'all delimiters of 16 KiB, to positions', ['strcspn'],
          load_bar=33),
    # picohttpparser's published points are 112 and 22 ns where the bars are 60 and 22.
    Bytes('simd_http_head_703', "a browser's request head; bar 100 ns",
          ['picohttpparser', 'http_parser'],
          {'picohttpparser': 112 / 100, 'http_parser': 830 / 60 * NEAR}),
    Bytes('simd_http_head_57', 'a small request head; bar 22 ns',
          ['picohttpparser', 'http_parser'], {'picohttpparser': 1.0}),
    *[Bytes('simd_crc32c_%d' % size, 'CRC-32C of %d B' % size, ['isal', 'zlib_crc32'],
            {'isal': 1.0}) for size in (64, 1024, 16384, 262144)],
    Bytes('simd_utf8_ascii_16384', 'ASCII checked to be UTF-8', ['simdjson', 'loop'],
          {'simdjson': NEAR}),
    Bytes('simd_utf8_mixed_16384', 'mixed scripts checked to be UTF-8', ['simdjson', 'loop'],
          {'simdjson': NEAR}),
    Bytes('simd_base64_encode_12288', 'base64 of 12 KiB', ['loop']),
    Columns('simd_transform_i32_4096', '(x ^ 21) + 7 of 16 KiB', ['std_transform'], load_bar=230),
    Columns('simd_reduce_f32_4096', 'the sum of 16 KiB of float', ['std_accumulate'],
            load_bar=430),
    Columns('simd_reduce_min_u64_2048', 'the least of 16 KiB of u64', ['std_accumulate'],
            load_bar=430),
    Columns('simd_filter_u32_4096', 'every second u32 of 16 KiB kept', ['std_copy_if'],
            load_bar=24 * 4),
    Columns('simd_prefix_sum_u32_4096', 'running sums of 16 KiB of u32', ['std_partial_sum'],
            load_bar=12 * 4),
    Columns('simd_byte_swap_u32_4096', '16 KiB of u32 byte-swapped', ['std_transform']),
    Columns('simd_hash_u64_2048', '2048 keys hashed', ['std_transform'], load_bar=11 * 8),
    Columns('simd_ring_lookup_65536', '64 Ki keys on a ring of 10 000 points; bar 7 ns a key',
            ['std_lower_bound'], {'std_lower_bound': 54 / 7 * NEAR}),
    Columns('simd_partition_16384', '16 Ki headers by 64 destinations; bar 1.67 ns a header',
            ['whole_messages']),
    Columns('simd_message_split_1024', '1024 headers to columns', ['loop']),
    Columns('simd_message_classes_1024', '1024 sizes to classes', ['loop']),
    Columns('simd_deadline_scan_2048', 'which of 2048 u64 deadlines passed', ['loop'],
            load_bar=17 * 8),
    Columns('simd_bitmap_decode_one_in_2', 'indices of a dense bitmap', ['loop'],
            {'loop': 12 / 4.2 * NEAR}),
    Columns('simd_bitmap_decode_one_in_2000', 'indices of a sparse bitmap', ['loop'],
            {'loop': NEAR}),
    Columns('simd_completion_scan_1024', 'which of 1024 completions failed', ['loop'],
            load_bar=10 * 16),
] + ShortCases()
