from shared.auth import Role
from shared.ids import new_id
from tests.integration.notifications.mail_server import ACCEPTED
from tests.integration.notifications.post_room import PostRoom
from tests.integration.notifications.told import PROGRAMME, company


class TestListingDeliveries:
    async def test_shows_ids_and_states_but_no_name_and_no_address(self, post: PostRoom) -> None:
        await post.room.take(*company(2))

        async with post.room.api() as api:
            answer = await api.get("/v1/deliveries", params={"programme_id": str(PROGRAMME)})

        assert answer.status_code == 200
        assert [item["state"] for item in answer.json()["items"]] == ["due"] * 4
        assert "@" not in answer.text
        assert "Kov" not in answer.text

    async def test_goes_page_by_page(self, post: PostRoom) -> None:
        await post.room.take(*company(5))
        query = {"programme_id": str(PROGRAMME), "limit": "4"}

        seen: list[str] = []
        async with post.room.api() as api:
            page = (await api.get("/v1/deliveries", params=query)).json()
            seen += [item["id"] for item in page["items"]]
            while page["next"]:
                query["after"] = page["next"]
                page = (await api.get("/v1/deliveries", params=query)).json()
                seen += [item["id"] for item in page["items"]]

        assert len(seen) == len(set(seen)) == 10

    async def test_can_be_narrowed_to_a_state(self, post: PostRoom) -> None:
        await post.room.take(*company(2))
        query = {"programme_id": str(PROGRAMME), "state": "failed"}

        async with post.room.api() as api:
            answer = await api.get("/v1/deliveries", params=query)

        assert answer.json() == {"items": [], "next": None}

    async def test_is_for_coordinators_and_operators(self, post: PostRoom) -> None:
        async with post.room.api(Role.PARTICIPANT) as api:
            answer = await api.get("/v1/deliveries", params={"programme_id": str(PROGRAMME)})

        assert answer.status_code == 403


class TestCountingDeliveries:
    async def test_counts_by_kind_and_state(self, post: PostRoom) -> None:
        await post.room.take(*company(3))

        async with post.room.api(Role.OPERATOR) as api:
            path = "/v1/deliveries/summary"
            answer = await api.get(path, params={"programme_id": str(PROGRAMME)})

        assert answer.json() == {
            "programme_id": str(PROGRAMME),
            "counts": [{"kind": "pair-formed", "state": "due", "deliveries": 6}],
        }


class TestTryingAgain:
    async def test_sends_what_had_failed(self, post: PostRoom) -> None:
        await post.room.take(*company(1))
        post.server.to_recipient = lambda _address: "550 5.1.1 No such user"
        await post.send_all()
        ids = [row["id"] for row in await post.room.rows("SELECT id FROM delivery")]

        async with post.room.api() as api:
            answers = [await api.post(f"/v1/deliveries/{id_}/retry") for id_ in ids]
        post.server.to_recipient = lambda _address: ACCEPTED
        await post.send_all()

        assert [answer.status_code for answer in answers] == [202, 202]
        assert await post.states() == {"sent": 2}

    async def test_is_refused_for_what_has_not_failed(self, post: PostRoom) -> None:
        await post.room.take(*company(1))
        delivery = (await post.room.rows("SELECT id FROM delivery"))[0]["id"]

        async with post.room.api() as api:
            answer = await api.post(f"/v1/deliveries/{delivery}/retry")

        assert answer.status_code == 409
        assert answer.json()["code"] == "delivery-not-failed"

    async def test_is_refused_for_what_is_not_there(self, post: PostRoom) -> None:
        async with post.room.api() as api:
            answer = await api.post(f"/v1/deliveries/{new_id()}/retry")

        assert answer.status_code == 404
