"""What callers are told when an address, a method or a body is not what the API takes."""

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from shared.problems import MEDIA_TYPE, answer_with_problems


class Order(BaseModel):
    number: int


@pytest.fixture
def client() -> httpx.AsyncClient:
    app = FastAPI()
    answer_with_problems(app)

    @app.post("/orders")
    async def take(_order: Order) -> None: ...

    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


class TestAProblem:
    async def test_of_an_unknown_address_says_where_the_known_ones_are(
        self, client: httpx.AsyncClient
    ) -> None:
        answer = await client.get("/elsewhere")

        assert answer.status_code == 404
        assert answer.headers["content-type"] == MEDIA_TYPE
        assert "/v1/openapi.json" in answer.json()["detail"]

    async def test_of_a_wrong_method_names_the_right_one(self, client: httpx.AsyncClient) -> None:
        answer = await client.delete("/orders")

        assert answer.status_code == 405
        assert answer.headers["allow"] == "POST"
        assert "POST" in answer.json()["detail"]

    async def test_of_a_body_that_is_not_json_says_at_which_character(
        self, client: httpx.AsyncClient
    ) -> None:
        answer = await client.post(
            "/orders", content=b'{"number": }', headers={"content-type": "application/json"}
        )

        assert answer.status_code == 422
        [error] = answer.json()["errors"]
        assert error["pointer"] == "/body"
        assert "at character 11" in error["reason"]

    async def test_of_a_wrong_value_points_at_it(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/orders", json={"number": "seven"})

        assert [error["pointer"] for error in answer.json()["errors"]] == ["/body/number"]
