"""Waiting for what is to become true, without guessing how long it takes."""

import asyncio
from collections.abc import Awaitable, Callable

LOOK_EVERY_SECONDS = 0.02


async def until(true: Callable[[], Awaitable[bool]], what: str, within_seconds: float = 30) -> None:
    """Look again and again until it is true.

    Raises:
        AssertionError: It did not become true in time.
    """
    try:
        async with asyncio.timeout(within_seconds):
            while not await true():  # noqa: ASYNC110 - what it waits for is in other processes
                await asyncio.sleep(LOOK_EVERY_SECONDS)
    except TimeoutError:
        raise AssertionError(f"not within {within_seconds} s: {what}") from None
