"""How the people of the demo behave: who answers a check-in, when, and what. The same each time."""

import random
from dataclasses import dataclass
from datetime import timedelta

LESSONS = (
    "Ask for feedback before the work is finished, not after.",
    "A short list of what I will not do this week helps more than a long list of what I will.",
    "My mentor keeps a diary of decisions. I have begun one.",
    "Saying what I do not know made the meeting shorter.",
    "Other departments are glad to explain what they do, if one asks.",
    "I prepare the first sentence of a talk, and the rest follows.",
    "It is all right to leave a good idea for next quarter.",
    "Sketch first, then write.",
)
GOALS = (
    "Give a talk of ten minutes to the whole team.",
    "Spend a day with the sales department.",
    "Write down what I want to have learnt by summer.",
    "Hand over one task that I do only out of habit.",
    "Ask two people for honest feedback.",
    "Finish the course that I began in spring.",
    "Lead one meeting from the first word to the last.",
    "Read the plan of the product team, and ask three questions.",
)
_NEVER, _NEVER_MET = 0.18, 0.2
_LONGEST_HOURS = 72


@dataclass(frozen=True, slots=True)
class Reply:
    """What somebody answers, as the form's fields, and how long they take."""

    after: timedelta
    fields: dict[str, str]

    @property
    def rating(self) -> int | None:
        """How a session was, if there was one."""
        session = self.fields["session"]
        return int(session) if session.isdigit() else None


def reply_of(address: str, number: int) -> Reply | None:
    """How the person with this mail address takes their check-in of this number; None: not at all.

    Args:
        address: The person's mail address; each is somebody of their own.
        number: Counts the person's check-ins from 0.
    """
    chance = random.Random(f"{address} {number}")  # noqa: S311 - to be the same every time
    diligence = random.Random(address).random()  # noqa: S311
    if chance.random() < _NEVER * (2 - diligence):
        return None
    met = chance.random() >= _NEVER_MET
    hours = min(_LONGEST_HOURS, round(chance.expovariate(1 / (2 + 12 * (1 - diligence)))))
    return Reply(
        timedelta(hours=hours),
        {
            "lesson": chance.choice(LESSONS),
            "goal": chance.choice(GOALS),
            "goal_rating": str(chance.choice((2, 3, 3, 4, 4, 5))) if number else "none",
            "session": str(chance.choice((3, 4, 4, 5, 5))) if met else "not-met",
        },
    )
