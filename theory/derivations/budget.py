"""CPU-time budgets.

In the main thread of a process (joblib's workers included) a virtual interval timer interrupts
the computation. Python delivers signals to main threads only, so elsewhere the call is repeated in
a fresh child process (spawned, so a script needs its `if __name__ == "__main__"` guard), whose main
thread has the timer. The timer fires again every tenth of
a second: a C callback that swallows the first exception cannot swallow the deadline.
"""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

__all__ = ["BudgetExceededError", "call_within", "cpu_budget"]

_T = TypeVar("_T")
_REPEAT = 0.1


class BudgetExceededError(BaseException):
    """The CPU-time budget ran out; not an Exception, lest a library's `except` absorb it."""


@contextmanager
def cpu_budget(seconds: float) -> Iterator[None]:
    """Return a context manager that interrupts its body after `seconds` of CPU time (main thread only).

    Parameters
    ----------
    seconds : float
        Budget in seconds of user CPU time, > 0. An enclosing budget keeps running: it is restored,
        less the time spent here, on exit.

    Raises
    ------
    ValueError
        If the budget is not positive.
    BudgetExceededError
        When the budget runs out.

    Examples
    --------
    >>> with cpu_budget(5.0):
    ...     sum(range(10))
    45
    """
    if not seconds > 0:
        raise ValueError(f"seconds must be > 0, got {seconds!r}")
    expired = False

    def expire(_signal: int, _frame: FrameType | None) -> None:
        nonlocal expired
        expired = True
        raise BudgetExceededError(f"CPU budget of {seconds:g} s exceeded")

    handler = signal.signal(signal.SIGVTALRM, expire)
    outer, _ = signal.setitimer(signal.ITIMER_VIRTUAL, seconds, _REPEAT)
    try:
        yield
    finally:
        left, _ = signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)
        signal.signal(signal.SIGVTALRM, handler)
        if outer > 0:
            remaining = outer - (seconds if expired else seconds - left)
            signal.setitimer(signal.ITIMER_VIRTUAL, max(remaining, 1e-3), _REPEAT)
    if expired:
        raise BudgetExceededError(f"CPU budget of {seconds:g} s exceeded")


def _in_main_thread(seconds: float, call: Callable[[], _T]) -> _T:
    with cpu_budget(seconds):
        return call()


def call_within(seconds: float, call: Callable[[], _T]) -> _T:
    """Return `call()`, or raise once it has used `seconds` of CPU time, from any thread.

    Parameters
    ----------
    seconds : float
        Budget, > 0.
    call : callable
        Takes no argument; must be picklable when used outside the main thread.

    Raises
    ------
    BudgetExceededError
        When the budget runs out.

    Examples
    --------
    >>> call_within(5.0, list)
    []
    """
    if threading.current_thread() is threading.main_thread():
        return _in_main_thread(seconds, call)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(_in_main_thread, seconds, call).result()
