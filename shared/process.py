"""How processes run: a service's event loop, and children that do not outlive their parent."""

import contextlib
import ctypes
import gc
import os
import signal
import sys
from collections.abc import Coroutine
from typing import Any

import uvloop

_PR_SET_PDEATHSIG = 1
_YOUNG_OBJECTS, _YOUNG_PASSES, _MIDDLE_PASSES = 20_000, 20, 20


def run_until_done(main: Coroutine[Any, Any, None]) -> None:
    """Run a service's coroutine on uvloop, with a garbage collector that suits batches.

    What was imported stays for ever and is not looked through again; a batch's events die before
    the collector comes for them (measured: docs/speed.md).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, _YOUNG_PASSES, _MIDDLE_PASSES)
    uvloop.run(main)


def die_with_parent(parent_pid: int | None = None) -> None:
    """Have the kernel kill this process as soon as its parent ends, however it ends.

    Call it early in the child. The kernel watches the *thread* that started the child, so start
    children from a thread that lasts as long as its process. Only Linux can do this; elsewhere
    nothing happens, and an orderly shutdown has to end the child.

    Args:
        parent_pid: The parent's process id as the parent knows it. With it, a parent that ended
            before this call is noticed, and this process exits at once.
    """
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if parent_pid is not None and os.getppid() != parent_pid:
        os._exit(os.EX_TEMPFAIL)
