"""What becomes of a claimed delivery: the result for the ledger, and the event that tells of it."""

from datetime import datetime

from services.notifications.domain.answers import Verdict
from services.notifications.domain.patience import is_hopeless, next_attempt
from services.notifications.store.ledger import Claim, Result, State
from tandem_events import Event, NotificationFailed, NotificationSent

CHANNEL = "email"
GAVE_UP = "gave-up"


def result_of(claim: Claim, verdict: Verdict | None, at: datetime) -> Result:
    """Say how a delivery comes back from the mail server; without a verdict it was not tried.

    Args:
        claim: The delivery.
        verdict: What the server's answer means.
        at: Now, in real time.
    """
    match verdict:
        case Verdict.SENT:
            return Result(claim, State.SENT, tried=True)
        case Verdict.LATER | Verdict.INTERRUPTED:
            return put_off(claim, at)
        case Verdict.REFUSED | Verdict.NO_SUCH_ADDRESS:
            return Result(claim, State.FAILED, tried=True, failure=verdict)
        case _:
            return Result(claim, State.DUE)


def put_off(claim: Claim, at: datetime) -> Result:
    """Have a delivery tried again after a pause, or given up after days of trying."""
    if is_hopeless(claim.first_attempt_at or at, at):
        return Result(claim, State.FAILED, tried=True, failure=GAVE_UP)
    again = next_attempt(claim.attempts + 1, at)
    return Result(claim, State.DUE, tried=True, next_attempt_at=again)


def event_of(result: Result, at: datetime) -> Event | None:
    """The event that tells how a delivery ended.

    None if it has not, its person is forgotten, or no programme is concerned with it.
    """
    claim = result.claim
    if claim.person_id is None or claim.programme_id is None:
        return None
    facts = {
        "notification_id": claim.id,
        "person_id": claim.person_id,
        "programme_id": claim.programme_id,
        "kind": claim.kind,
        "channel": CHANNEL,
    }
    if result.state is State.SENT:
        return NotificationSent.model_validate(facts | {"sent_at": at})
    if result.state is State.FAILED:
        told = {"reason": result.failure, "failed_at": at}
        return NotificationFailed.model_validate(facts | told)
    return None
