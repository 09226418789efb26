"""What a comparison is: a case with one program of ours and its peers."""

import dataclasses
from typing import Callable, Optional, Sequence

from tools.compare.harness.outcome import Measurement


@dataclasses.dataclass(frozen=True)
class Contender:
    """One way of doing the case's work.

    `prepare` returns what `measure` runs; it raises Missing when something is not installed.
    `measure` takes that and the seconds that one run may measure for.
    """
    name: str
    prepare: Callable[[], object]
    measure: Callable[[object, float], Measurement]


@dataclasses.dataclass(frozen=True)
class Case:
    """A line of the table of cases."""
    name: str
    work: str
    unit: str
    better: str
    ours: Contender
    peers: Sequence[Contender]
    # Bar for the ratio to each peer, by the peer's name; 'best' for the best of all peers.
    bars: dict = dataclasses.field(default_factory=dict)
    # A run that measures for longer than this tells no more.
    run_s_max: float = 1.0
    # What a run takes beside the measuring.
    overhead_s: float = 0.25
    # (better peer, other peer, ratio): a demand on the peers themselves, or the case fails.
    limit: Optional[tuple] = None
