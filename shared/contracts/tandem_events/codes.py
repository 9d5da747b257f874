"""Codes: short words with a meaning, open to words a reader does not know yet. And texts."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, JsonValue, StringConstraints

OTHER = "other"
"""What a reader sees in place of a code that is newer than its contracts."""


def _known_or_other(known: frozenset[str]) -> BeforeValidator:
    def read(value: object) -> object:
        return value if not isinstance(value, str) or value in known else OTHER

    return BeforeValidator(read, json_schema_input_type=str)


def _documented(known: frozenset[str]) -> Any:
    words: list[JsonValue] = [*sorted(known)]
    return Field(json_schema_extra={"x-known-values": words})


_ROLES = frozenset({"mentor", "mentee", "both"})
Role = Annotated[str, _known_or_other(_ROLES), _documented(_ROLES)]

_PROGRAMME_STATES = frozenset({"draft", "open", "closed", "running", "ended"})
ProgrammeState = Annotated[str, _known_or_other(_PROGRAMME_STATES), _documented(_PROGRAMME_STATES)]

_PROGRAMME_KINDS = frozenset({"yearly", "campaign", "always-open"})
ProgrammeKind = Annotated[str, _known_or_other(_PROGRAMME_KINDS), _documented(_PROGRAMME_KINDS)]

_CAMPAIGN_STEPS = frozenset({"announcement", "invitation", "reminder", "last-call"})
CampaignStep = Annotated[str, _known_or_other(_CAMPAIGN_STEPS), _documented(_CAMPAIGN_STEPS)]

_TERMS = frozenset({"department", "wanted-department", "seniority", "interests", "education"})
Term = Annotated[str, _known_or_other(_TERMS), _documented(_TERMS)]

_WITHDRAWAL_REASONS = frozenset({"own-wish", "left-company", "coordinator"})
WithdrawalReason = Annotated[
    str, _known_or_other(_WITHDRAWAL_REASONS), _documented(_WITHDRAWAL_REASONS)
]

_END_REASONS = frozenset({"withdrawn", "coordinator", "complete"})
EndReason = Annotated[str, _known_or_other(_END_REASONS), _documented(_END_REASONS)]

_UNPLACED_REASONS = frozenset({"no-place-left", "no-suitable-partner"})
UnplacedReason = Annotated[str, _known_or_other(_UNPLACED_REASONS), _documented(_UNPLACED_REASONS)]

_SIDES = frozenset({"mentor", "mentee"})
Side = Annotated[str, _known_or_other(_SIDES), _documented(_SIDES)]

_CADENCES = frozenset({"weekly", "every-two-weeks", "twice-a-month", "monthly"})
Cadence = Annotated[str, _known_or_other(_CADENCES), _documented(_CADENCES)]

_CHANNEL_KINDS = frozenset({"video", "phone", "chat", "in-person"})
ChannelKind = Annotated[str, _known_or_other(_CHANNEL_KINDS), _documented(_CHANNEL_KINDS)]

_AGREEMENT_ORIGINS = frozenset({"default", "partners"})
AgreementOrigin = Annotated[
    str, _known_or_other(_AGREEMENT_ORIGINS), _documented(_AGREEMENT_ORIGINS)
]

_NOTIFICATION_KINDS = frozenset(
    {
        "pair-formed",
        "participant-unplaced",
        "checkin-due",
        "announcement",
        "invitation",
        "reminder",
        "last-call",
    }
)
NotificationKind = Annotated[
    str, _known_or_other(_NOTIFICATION_KINDS), _documented(_NOTIFICATION_KINDS)
]

_NOTIFICATION_CHANNELS = frozenset({"email"})
NotificationChannel = Annotated[
    str, _known_or_other(_NOTIFICATION_CHANNELS), _documented(_NOTIFICATION_CHANNELS)
]

_FAILURE_REASONS = frozenset({"refused-by-server", "invalid-address", "gave-up"})
FailureReason = Annotated[str, _known_or_other(_FAILURE_REASONS), _documented(_FAILURE_REASONS)]

Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
"""Any text that a database can hold."""

Coded = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[^\x00]+$")]
"""A code of the programme's own making, such as a department or an interest."""
