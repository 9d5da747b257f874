"""What `tandem up` shows while it works: a spinner on a terminal, plain lines elsewhere."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape


@dataclass
class Step:
    """Something that is being done, and what will be said of it."""

    done: str


class Progress:
    """Tells a person what is being done and how long it took."""

    def __init__(self, console: Console) -> None:
        self.console = console

    @contextlib.contextmanager
    def step(self, doing: str, done: str) -> Iterator[Step]:
        """Show `doing` while the block runs and `done` when it has; the block may reword it."""
        began = time.monotonic()
        step = Step(done)
        with self._spinner(doing):
            yield step
        took = f"{time.monotonic() - began:.1f} s"
        self.console.print(f"[green]✓[/] {escape(step.done)} [dim]({took})[/]", highlight=False)

    def heading(self, text: str) -> None:
        """Print a line that begins something new."""
        self.console.print(f"\n[bold]{escape(text)}[/]", highlight=False, soft_wrap=True)

    def say(self, lines: Sequence[str]) -> None:
        """Print lines as they are."""
        for line in lines:
            self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def warn(self, text: str) -> None:
        """Print something that a person should look at."""
        self.console.print(f"[yellow]![/] {escape(text)}", highlight=False, soft_wrap=True)

    @contextlib.contextmanager
    def _spinner(self, doing: str) -> Iterator[None]:
        if not self.console.is_terminal:
            yield
            return
        with self.console.status(f"{escape(doing)} …"):
            yield
