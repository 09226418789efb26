"""Cases with a floor and no peer: what our own machinery costs at the least."""

from tools.compare.harness import cores, figures, process
from tools.compare.harness.case import Case, Contender
from tools.compare.harness.outcome import ReadOutcome
from tools.compare.harness.programs import Built

TURNS = 10000000


def _MeasureTurns(program, _seconds):
    command = [program, 'floor_turn', str(TURNS), '1', '3']
    output, status = process.Run(command, cores.Server(), timeout_s=30)
    return ReadOutcome(output, status, expected_work=TURNS)


CASES = [
    Case(name='floor_turn', work='a turn of the I/O driver with nothing to do', unit='ns',
         better=figures.LESS,
         ours=Contender('ours', lambda: Built('ours/floor_turn'), _MeasureTurns), peers=[]),
]
