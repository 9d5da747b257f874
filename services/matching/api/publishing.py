"""Publishing a run: its proposal becomes pairs, and everybody concerned can be told."""

from collections.abc import Sequence
from uuid import UUID

from services.matching.domain.errors import MatchingError
from services.matching.domain.problem import Unplaced
from services.matching.domain.programme import check_matchable
from services.matching.store import publishing, runs
from services.matching.store.publishing import Possible, Programme
from services.matching.store.runs import Run
from shared.bus.work import Work
from shared.ids import new_id
from tandem_events import PairFormed, ParticipantUnplaced, Reason


class NotProposed(MatchingError):
    """A run that has no proposal can't be published."""

    def __init__(self, run_id: UUID, state: str) -> None:
        self.run_id = run_id
        self.state = state
        super().__init__(f"Match run {run_id} is {state}; only a proposed run can be published.")


class NobodyWaits(MatchingError):
    """A run that had nobody to place has nothing to publish."""

    def __init__(self, run_id: UUID) -> None:
        self.run_id = run_id
        super().__init__(
            f"Nobody waited for a mentor when match run {run_id} was made: there is nothing to "
            "publish. Register people, then start a new run."
        )


class StaleProposal(MatchingError):
    """Another run of the programme was published after this one had read the pool."""

    def __init__(self, run_id: UUID) -> None:
        self.run_id = run_id
        super().__init__(
            f"Another match run was published since run {run_id} read the pool. Start a new run."
        )


async def publish(work: Work, run_id: UUID) -> Run:
    """Form the proposed pairs and tell of them; once published, answer as the first time.

    A pair is left out if one of the two has left, or is no longer free, since the proposal.

    Raises:
        RunUnknown: There is no such run.
        NotProposed: It has no proposal (yet).
        NobodyWaits: Its proposal is about nobody.
        StaleProposal: Another run was published in the meantime.
        ProgrammeNotMatchable: The programme has ended in the meantime.
    """
    programme_id = (await runs.run_of(work, run_id)).programme_id
    programme = await publishing.lock_programme(work, programme_id)
    run = await runs.run_of(work, run_id)
    if run.state == "published":
        return run
    _check(run, programme)
    formed = await _form_pairs(work, run)
    waiting = await publishing.still_waiting(work, run_id)
    _tell_unplaced(work, run, waiting)
    return await publishing.mark_published(work, run, formed, len(waiting))


def _check(run: Run, programme: Programme) -> None:
    if run.state != "proposed":
        raise NotProposed(run.run_id, run.state)
    if not run.mentees:
        raise NobodyWaits(run.run_id)
    if run.published_runs_seen != programme.published_runs:
        raise StaleProposal(run.run_id)
    check_matchable(run.programme_id, programme.state)


async def _form_pairs(work: Work, run: Run) -> int:
    possible = await publishing.still_possible(work, run.run_id)
    pair_ids = [new_id() for _ in possible]
    await publishing.form_pairs(work, run, possible, pair_ids)
    for pair_id, pair in zip(pair_ids, possible, strict=True):
        work.publish(_formed(work, run, pair_id, pair))
    return len(possible)


def _formed(work: Work, run: Run, pair_id: UUID, pair: Possible) -> PairFormed:
    return PairFormed(
        pair_id=pair_id,
        programme_id=run.programme_id,
        run_id=run.run_id,
        mentor_id=pair.mentor_id,
        mentee_id=pair.mentee_id,
        reasons=tuple(Reason(term=r.term, points=r.points, codes=r.codes) for r in pair.reasons),
        formed_at=work.now,
    )


def _tell_unplaced(work: Work, run: Run, waiting: Sequence[Unplaced]) -> None:
    for mentee in waiting:
        work.publish(
            ParticipantUnplaced(
                participant_id=mentee.mentee_id,
                programme_id=run.programme_id,
                run_id=run.run_id,
                reason=mentee.reason,
                published_at=work.now,
            )
        )
