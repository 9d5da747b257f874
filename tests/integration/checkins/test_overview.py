"""What coordinators see over HTTP: who answered, never the words, and means of whole groups."""

from uuid import UUID

import pytest

from shared.auth import Role
from shared.ids import new_id
from tests.integration.checkins.couples import (
    ANSWERS,
    APRIL,
    FIRST_DUE,
    PROGRAMME,
    Couple,
    a_programme,
    asked,
    asked_at,
    by_link,
    tell,
    told,
)
from tests.support.room import Room

OVERVIEW = f"/v1/programmes/{PROGRAMME}/checkins"
MET = {"session": {"met": True, "rating": 5}}


@pytest.fixture
def couple() -> Couple:
    return Couple()


class TestTheOverview:
    async def test_says_who_answered_and_not_what(self, room: Room, couple: Couple) -> None:
        checkins = await asked(room, couple)
        await by_link(room, checkins[couple.mentee_id], couple.mentee_id, ANSWERS | MET)

        async with room.api() as api:
            waiting = (await api.get(OVERVIEW, params={"answered": False})).json()["items"]
            whole = await api.get(OVERVIEW)
            [april] = (await api.get(f"{OVERVIEW}/rounds")).json()["rounds"]

        assert [item["participant_id"] for item in waiting] == [str(couple.mentor_id)]
        assert "Ask earlier." not in whole.text
        assert (april["asked"], april["answered"], april["sessions_rated"]) == (2, 1, 1)
        assert april["mean_rating"] is None  # of fewer than five

    async def test_shows_means_of_whole_groups_of_five_in_the_order_they_were_given(
        self, room: Room
    ) -> None:
        ratings = [5, 4, 4, 2, 1, 1, 1, 5, 5, 5, 1]
        couples = [Couple() for _ in ratings]
        await tell(room, a_programme(), *(e for c in couples for e in c.story()))
        await asked_at(room, FIRST_DUE)
        events = await told(room, "checkin-due")
        ids = {UUID(e["participant_id"]): UUID(e["checkin_id"]) for e in events}
        shown = []

        for couple, rating in zip(couples, ratings, strict=True):
            met = {"session": {"met": True, "rating": rating}}
            await by_link(room, ids[couple.mentee_id], couple.mentee_id, ANSWERS | met)
            async with room.api() as api:
                [april] = (await api.get(f"{OVERVIEW}/rounds")).json()["rounds"]
            shown.append((april["sessions_rated"], april["ratings_in_mean"], april["mean_rating"]))

        assert shown == [
            *((given, 0, None) for given in range(1, 5)),
            *((given, 5, 3.2) for given in range(5, 10)),
            *((given, 10, 3.3) for given in range(10, 12)),
        ]

    async def test_lists_one_round_and_page_by_page(self, room: Room, couple: Couple) -> None:
        april = {*(await asked(room, couple)).values()}
        await asked_at(room, FIRST_DUE.replace(month=5, day=6))

        async with room.api() as api:
            whole = (await api.get(OVERVIEW)).json()["items"]
            one = (await api.get(OVERVIEW, params={"round": APRIL, "limit": 1})).json()
            two = (await api.get(OVERVIEW, params={"round": APRIL, "after": one["next"]})).json()

        assert len(whole) == 4
        assert {UUID(item["checkin_id"]) for item in one["items"] + two["items"]} == april

    @pytest.mark.parametrize("role", [Role.PARTICIPANT, Role.INTEGRATION, Role.PORTAL])
    async def test_is_for_coordinators(self, room: Room, role: Role) -> None:
        async with room.api(role) as api:
            answer = await api.get(f"/v1/programmes/{new_id()}/checkins")

        assert answer.status_code == 403
