"""Operators make, list and revoke the tokens of HR systems."""

from datetime import timedelta
from typing import Any

import pytest

from services.intake import scim_token_handlers
from services.intake.domain.scim.tokens import MOST_TOKENS
from shared.auth import Role
from shared.ids import new_id
from tests.integration.intake.company import call
from tests.support.room import Room

PATH = "/v1/scim-tokens"


async def create(room: Room, label: str = "Entra", **body: object) -> Any:
    answer = await call(room, "POST", PATH, {"label": label, **body}, Role.OPERATOR)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def listed(room: Room) -> list[Any]:
    items: list[Any] = (await call(room, "GET", PATH, None, Role.OPERATOR)).json()["items"]
    return items


class TestTokens:
    async def test_are_shown_once_and_kept_as_a_hash(self, room: Room) -> None:
        made = await create(room)

        [shown] = await listed(room)
        assert "token" not in shown
        assert made["token"].split("_")[1] == shown["prefix"]
        secret = made["token"].rsplit("_", 1)[1]
        dump = str(
            [tuple(row) for row in await room.rows("SELECT scim_token::text FROM scim_token")]
        )
        assert secret not in dump

    async def test_several_are_good_at_a_time_until_each_is_revoked(self, room: Room) -> None:
        old, new = await create(room), await create(room, days=1)

        async def good() -> list[bool]:
            found = [await scim_token_handlers.recognise(each["token"], room.units)
                     for each in (old, new)]  # fmt: skip
            return [token is not None for token in found]

        assert await good() == [True, True]
        gone = await call(room, "DELETE", f"{PATH}/{old['token_id']}", None, Role.OPERATOR)
        assert gone.status_code == 204
        assert await good() == [False, True]
        first, second = await listed(room)
        assert (first["revoked_at"] is None, second["revoked_at"] is None) == (False, True)
        assert second["last_used_at"] is not None

    async def test_are_good_no_longer_once_expired(self, room: Room) -> None:
        made = await create(room, days=1)
        await room.rows(
            "UPDATE scim_token SET created_at = created_at - $1::interval, "
            "expires_at = expires_at - $1::interval RETURNING 1", timedelta(days=1),
        )  # fmt: skip

        assert await scim_token_handlers.recognise(made["token"], room.units) is None

    async def test_leave_traces_in_the_audit_log_once_each(self, room: Room) -> None:
        made = await create(room)
        for _ in range(2):
            await call(room, "DELETE", f"{PATH}/{made['token_id']}", None, Role.OPERATOR)

        entries = (await call(room, "GET", "/v1/audit", None, Role.OPERATOR)).json()["items"]
        assert [(entry["action"], entry["object"], entry["who"]) for entry in entries] == [
            ("scim-token.created", made["token_id"], "tester"),
            ("scim-token.revoked", made["token_id"], "tester"),
        ]

    async def test_are_limited_in_number(self, room: Room) -> None:
        for _ in range(MOST_TOKENS):
            await create(room)

        answer = await call(room, "POST", PATH, {"label": "One more"}, Role.OPERATOR)
        assert (answer.status_code, answer.json()["code"]) == (409, "too-many-tokens")

    async def test_unknown_ones_cannot_be_revoked(self, room: Room) -> None:
        answer = await call(room, "DELETE", f"{PATH}/{new_id()}", None, Role.OPERATOR)
        assert (answer.status_code, answer.json()["code"]) == (404, "no-such-token")

    @pytest.mark.parametrize("role", [Role.COORDINATOR, Role.INTEGRATION, Role.PORTAL])
    async def test_are_the_operators_alone(self, room: Room, role: Role) -> None:
        answer = await call(room, "POST", PATH, {"label": "Mine"}, role)
        assert answer.status_code == 403
