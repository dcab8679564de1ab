"""A back-test on several cores: callers are dealt out to processes, each of which asks for its own.

Only for a process without threads, as a command is: a fork takes the locks of other threads with it.
"""

from __future__ import annotations

import gc
import multiprocessing
import resource
from multiprocessing.connection import Connection
from pathlib import Path

from django.db import connections

from calls.backtest.asking import Question, Told, ask
from calls.backtest.past import Part
from calls.backtest.tally import Tally
from tenants.scope import business_scope


def asked_in_parts(question: Question, parts: int, told: Told | None) -> tuple[Tally, float]:
    """Return what all parts found, and the memory in MB that the other processes had for themselves.

    Raises RuntimeError where one of them ended without an answer.
    """
    # A connection cannot be shared with a child; and what is frozen stays one copy for both.
    connections.close_all()
    gc.collect()
    gc.freeze()
    context = multiprocessing.get_context("fork")
    others = []
    for number in range(1, parts):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_answer, args=(question, Part(number, parts), theirs))
        process.start()
        theirs.close()
        others.append((process, ours))
    with business_scope(question.schema):
        tally = ask(question, told, Part(0, parts))
    memory = 0.0
    for process, ours in others:
        try:
            found, used = ours.recv()
        except EOFError:
            raise RuntimeError("a process of the back-test ended without an answer") from None
        finally:
            process.join()
        tally.take_in(found)
        memory += used
    gc.unfreeze()
    return tally, memory


def _answer(question: Question, part: Part, out: Connection) -> None:
    before = _own_mb()
    with business_scope(question.schema):
        tally = ask(question, part=part)
    connections.close_all()
    out.send((tally, max(_own_mb(), before)))
    out.close()


def _own_mb() -> float:
    """Return the memory that is this process's alone, in MB; where the system does not say, its peak."""
    try:
        lines = Path("/proc/self/smaps_rollup").read_text("ascii").splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    private = (line.split() for line in lines if line.startswith("Private_"))
    return sum(int(words[1]) for words in private) / 1024
