"""Operations without a network: the way to the kernel and back, reads of files."""

import json
import os
import struct
import tempfile

from tools.compare.harness import cores, figures, process
from tools.compare.harness.case import Case, Contender
from tools.compare.harness.outcome import Measurement, NotVerified, ReadOutcome, Words
from tools.compare.harness.programs import Built, Installed

OURS = 'ours/io_cases'
NOPS = 1280000
BLOCK = 4096
BLOCKS = 16384
DEPTH = 32
ECHOED_MIB = 16


def NopCase(batch):
    """So many no-ops are handed over together, and their completions taken together."""
    name = 'nop_b%d' % batch

    def Measure(program, _seconds):
        output, status = process.Run([program, name, str(NOPS), '1', '3'], cores.Server(),
                                     timeout_s=30)
        return ReadOutcome(output, status, expected_work=NOPS)

    return Case(
        name=name, work='no-op operations, completed in batches of %d' % batch, unit='ns',
        better=figures.LESS,
        ours=Contender('ours', lambda: Built(OURS), Measure),
        peers=[Contender('bare-liburing', lambda: Built('bare/nop_uring'), Measure)],
        bars={'bare-liburing': 0.87})


def _BlockFile(directory):
    """A file whose blocks begin with their numbers, in the page cache."""
    path = os.path.join(directory, 'blocks')
    with open(path, 'wb') as file:
        for number in range(BLOCKS):
            file.write(struct.pack('<I', number) + bytes(BLOCK - 4))
    return path


def _MeasureReader(program, seconds):
    with tempfile.TemporaryDirectory() as directory:
        command = [program, 'file_read_4k', _BlockFile(directory), str(BLOCKS), str(DEPTH),
                   '%.2f' % seconds]
        output, status = process.Run(command, cores.Server(), timeout_s=seconds + 20)
    return ReadOutcome(output, status)


BATCH = 8
# Within which an operation of a batch must be back, on average.
MEAN_US_MAX = 10.0


def _MeasureBatches(program, seconds):
    with tempfile.TemporaryDirectory() as directory:
        command = [program, 'floor_io', _BlockFile(directory), str(BLOCKS), str(BATCH),
                   '%.2f' % seconds]
        output, status = process.Run(command, cores.Server(), timeout_s=seconds + 20)
    done = ReadOutcome(output, status)
    mean_us = float(Words(output.strip().splitlines()[-1])['mean_us'])
    if mean_us > MEAN_US_MAX:
        raise NotVerified('an operation took %.1f us on average' % mean_us)
    return done


def _MeasureFio(program, seconds):
    """Fio with io_uring and what makes it faster; it does not look at what it reads."""
    with tempfile.TemporaryDirectory() as directory:
        path = _BlockFile(directory)
        command = [program, '--name=reads', '--filename=' + path, '--rw=randread', '--bs=4k',
                   '--size=%d' % (BLOCKS * BLOCK), '--ioengine=io_uring', '--direct=0',
                   '--iodepth=%d' % DEPTH, '--iodepth_batch_submit=%d' % DEPTH,
                   '--iodepth_batch_complete_min=1', '--iodepth_batch_complete_max=%d' % DEPTH,
                   '--registerfiles', '--fixedbufs', '--gtod_reduce=1', '--norandommap',
                   '--randrepeat=0', '--invalidate=0', '--thread', '--time_based',
                   '--runtime=%dms' % max(100, seconds * 1000), '--output-format=json']
        output, status = process.Run(command, cores.Server(), timeout_s=seconds + 20)
    if status != 0:
        raise NotVerified('fio ended with status %d' % status)
    read = json.loads(output[output.index('{'):])['jobs'][0]['read']
    if read['total_ios'] <= 0 or read['iops'] <= 0:
        raise NotVerified('fio read nothing')
    return Measurement(1e9 / read['iops'], read['total_ios'])


def _CopiesOf(name, design):
    """What the server copied of each byte that came back; every copy is counted."""

    def Measure(program, _seconds):
        output, status = process.Run([program, design, str(ECHOED_MIB)], cores.Server(),
                                     timeout_s=30)
        return ReadOutcome(output, status, expected_work=ECHOED_MIB << 20)

    return Contender(name, lambda: Built('ours/copy_cases'), Measure)


CASES = [
    NopCase(32),
    NopCase(128),
    Case(name='file_read_4k',
         work='random reads of 4 KiB from the page cache, %d under way, one core' % DEPTH,
         unit='ns', better=figures.LESS,
         ours=Contender('ours', lambda: Built(OURS), _MeasureReader),
         peers=[Contender('fio', lambda: Installed('fio', 'fio'), _MeasureFio),
                Contender('tokio-1.24', lambda: Built('peers/tokio_file'), _MeasureReader)],
         bars={'fio': 0.9, 'tokio-1.24': 10}, overhead_s=0.6),
    Case(name='copies_per_byte', work='copies of each byte that an echo server gives back, counted',
         unit='copies', better=figures.LESS, ours=_CopiesOf('ours', 'lease'),
         peers=[_CopiesOf('read-into-buffer', 'buffers')], bars={'read-into-buffer': 2}),
    Case(name='floor_io',
         work='reads of 64 bytes from the page cache a second, as operations in batches of %d '
              'that take below %.0f us on average, one core' % (BATCH, MEAN_US_MAX),
         unit='ops', better=figures.MORE,
         ours=Contender('ours', lambda: Built(OURS), _MeasureBatches), peers=[], overhead_s=0.3),
]
