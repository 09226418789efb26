"""What one run of one program says of itself, and the ways in which it can fail.

Every program that the harness starts ends its standard output with a line of `key=value` words:
`value=` the figure, `work=` what was done (a count or a sum that the harness checks); or
`failed=REASON` to the end of the line.
"""

import dataclasses


class NotVerified(Exception):
    """The work was not done, or cannot be shown to have been done."""


class Missing(Exception):
    """A program is not installed; the message is the Debian package that brings it."""


@dataclasses.dataclass(frozen=True)
class Measurement:
    """One verified figure."""
    value: float
    work: int


def Words(line):
    """The key=value words of a line, as a dictionary."""
    return dict(word.split('=', 1) for word in line.split() if '=' in word)


def ReadOutcome(output, status, expected_work=None):
    """Returns the Measurement that a program printed; raises NotVerified where there is none.

    Args:
      output: its standard output.
      status: its exit status.
      expected_work: what `work=` must be; without it, anything above nothing.
    """
    lines = output.strip().splitlines()
    last = lines[-1] if lines else ''
    if last.startswith('failed='):
        raise NotVerified(last.removeprefix('failed='))
    if status != 0:
        raise NotVerified('ended with status %d' % status)
    words = Words(last)
    if 'value' not in words or 'work' not in words:
        raise NotVerified('printed no figure')
    measurement = Measurement(float(words['value']), int(words['work']))
    if expected_work is not None and measurement.work != expected_work:
        raise NotVerified('work is %d and not %d' % (measurement.work, expected_work))
    if measurement.work <= 0 or not measurement.value > 0:
        raise NotVerified('did nothing')
    return measurement
