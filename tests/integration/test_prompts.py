"""Prompts: versions that never change, labels that move, prompts inside prompts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.server import Server


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with (
        Server(tmp_path_factory.mktemp("server")) as server,
        httpx.Client(base_url=server.http, headers=server.headers, timeout=30) as opened,
    ):
        yield opened


def create(client: httpx.Client, **prompt: Any) -> dict[str, Any]:
    answer = client.post("/v1/prompts", json=prompt)
    assert answer.status_code == 201, answer.text
    return answer.json()


def get(client: httpx.Client, name: str, **parameters: Any) -> dict[str, Any]:
    answer = client.get(f"/v1/prompts/{name}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_versions_count_up_and_stay(client: httpx.Client) -> None:
    first = create(client, name="greet", prompt="Hi {{name}}", labels=["production"], tags=["t"])
    second = create(client, name="greet", prompt="Hello {{name}}", config={"temperature": 0})
    assert (first["version"], first["labels"]) == (1, ["latest", "production"])
    assert (second["version"], second["labels"], second["tags"]) == (2, ["latest"], ["t"])
    assert get(client, "greet")["prompt"] == "Hi {{name}}"
    assert get(client, "greet", label="latest")["prompt"] == "Hello {{name}}"
    assert get(client, "greet", version=1)["labels"] == ["production"]


def test_a_label_is_on_one_version_at_most(client: httpx.Client) -> None:
    create(client, name="moved", prompt="1", labels=["production", "eu"])
    create(client, name="moved", prompt="2")
    answer = client.patch("/v1/prompts/moved", json={"version": 2, "labels": ["production"]})
    assert answer.json()["labels"] == ["latest", "production"]
    assert get(client, "moved", version=1)["labels"] == ["eu"]
    assert get(client, "moved")["prompt"] == "2"


def test_a_list_says_which_version_each_label_is_on(client: httpx.Client) -> None:
    create(client, name="labelled", prompt="1", labels=["production", "eu"])
    create(client, name="labelled", prompt="2", labels=["eu"])
    (found,) = client.get("/v1/prompts", params={"name": "labelled"}).json()["prompts"]
    assert found["label_versions"] == {"production": 1, "eu": 2, "latest": 2}


def test_a_chat_with_a_prompt_inside_it(client: httpx.Client) -> None:
    create(client, name="tone", prompt="Be brief.", labels=["production"])
    inside = "@@@langfusePrompt:name=tone|label=production@@@"
    messages = [
        {"role": "system", "content": f"{inside} Always."},
        {"role": "user", "content": "{{q}}"},
    ]
    create(client, name="folder/my chat", type="chat", prompt=messages, labels=["production"])
    whole = get(client, "folder%2Fmy%20chat")
    assert whole["prompt"][0]["content"] == "Be brief. Always."
    assert get(client, "folder/my chat", resolve=False)["prompt"] == messages


def test_prompts_that_name_each_other_are_refused_when_they_are_read(client: httpx.Client) -> None:
    for one, other in (("a", "b"), ("b", "a")):
        body = f"@@@langfusePrompt:name={other}|version=1@@@"
        create(client, name=one, prompt=body, labels=["production"])
    answer = client.get("/v1/prompts/a")
    assert answer.status_code == 422
    assert "a → b → a" in answer.json()["detail"]


def test_what_changed_between_two_versions(client: httpx.Client) -> None:
    create(client, name="d", prompt="one\ntwo")
    create(client, name="d", prompt="one\n2", config={"x": 1})
    answer = client.get("/v1/prompts/diff/d", params={"before": 1, "after": 2})
    assert [line for line in answer.json()["diff"].splitlines() if line[0] in "+-"][2:5] == [
        "-two", "+2", "+",
    ]  # fmt: skip


def test_the_list_and_what_is_deleted(client: httpx.Client) -> None:
    for number in range(3):
        create(client, name=f"listed-{number}", prompt="x", tags=["listed"])
    found = client.get("/v1/prompts", params={"tag": "listed", "limit": 2}).json()
    assert (found["total"], len(found["prompts"])) == (3, 2)
    assert client.delete("/v1/prompts/listed-1").status_code == 204
    assert client.get("/v1/prompts/listed-1", params={"label": "latest"}).status_code == 404
    assert client.get("/v1/prompts", params={"tag": "listed"}).json()["total"] == 2


@pytest.mark.parametrize(
    ("prompt", "names"),
    [
        ({"prompt": "x"}, "name"),
        ({"name": "n"}, "prompt"),
        ({"name": "n", "prompt": 3}, "prompt"),
        ({"name": "n", "prompt": [{"content": "x"}]}, "prompt"),
        ({"name": "n", "prompt": "x", "type": "song"}, "type"),
        ({"name": "n", "prompt": "x", "labels": ["Not a label"]}, "labels"),
        ({"name": "n|m", "prompt": "x"}, "name"),
        ({"name": "n", "prompt": "x", "tags": "t"}, "tags"),
    ],
)
def test_a_wrong_prompt_is_refused(client: httpx.Client, prompt: Any, names: str) -> None:
    answer = client.post("/v1/prompts", json=prompt)
    assert answer.status_code == 422
    assert names in answer.json()["detail"]
    assert client.get("/v1/prompts/n", params={"label": "latest"}).status_code == 404


def test_what_is_no_json_object_is_said_and_what_is_one_is_taken(client: httpx.Client) -> None:
    for body in (b"", b"[1]", b"{"):
        answer = client.post("/v1/prompts", content=body)
        assert answer.status_code == 422
        assert isinstance(answer.json()["detail"], str)
    plain = client.post("/v1/prompts", content=b'{"name": "plain", "prompt": "x"}')
    assert plain.status_code == 201


def test_a_prompt_keeps_its_type(client: httpx.Client) -> None:
    create(client, name="typed", prompt="x")
    chat = {"name": "typed", "prompt": [{"role": "user", "content": "x"}]}
    assert client.post("/v1/prompts", json=chat).status_code == 422
    assert get(client, "typed", label="latest")["version"] == 1


def test_prompts_outlive_the_server_and_versions_do_not_collide(tmp_path: Any) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with Server(tmp_path) as server:

        def add(_: int) -> int:
            body = {"name": "many", "prompt": "x"}
            answer = server.client.post(
                f"{server.http}/v1/prompts", json=body, headers=server.headers
            )
            return answer.json()["version"]

        with ThreadPoolExecutor(8) as pool:
            assert sorted(pool.map(add, range(24))) == list(range(1, 25))
        server.kill()
        server.start()
        assert server.get("/v1/prompts/many", label="latest").json()["version"] == 24


def test_a_label_is_taken_off_the_version_that_it_is_on(client: httpx.Client) -> None:
    create(client, name="bare", prompt="1", labels=["production", "eu"])
    create(client, name="bare", prompt="2", labels=["us"])

    def change(**document: Any) -> httpx.Response:
        return client.patch("/v1/prompts/bare", json=document)

    assert change(version=1, take_off=["production"]).json()["labels"] == ["eu"]
    assert client.get("/v1/prompts/bare").status_code == 404, "nothing is in production now"
    elsewhere = change(version=1, take_off=["eu", "us"])
    assert (elsewhere.status_code, "it is on version 2" in elsewhere.text) == (422, True)
    assert get(client, "bare", version=1)["labels"] == ["eu"], "all of it, or nothing"
    both = change(version=2, labels=["production"], take_off=["us"]).json()
    assert both["labels"] == ["latest", "production"]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"version": 1, "take_off": ["latest"]}, "reserved"),
        ({"version": 1, "take_off": ["nowhere"]}, "on none"),
        ({"version": 1, "take_off": "eu"}, "lists"),
        ({"version": 1, "take_off": [7]}, "lists"),
        ({"version": 1}, "give labels"),
        ({"take_off": ["eu"]}, "version"),
        ({"version": 9, "take_off": ["eu"]}, "no version 9"),
    ],
)
def test_labels_that_cannot_be_taken_off(
    client: httpx.Client, document: dict[str, Any], said: str
) -> None:
    if client.get("/v1/prompts/kept", params={"label": "latest"}).status_code == 404:
        create(client, name="kept", prompt="1", labels=["eu"])
    answer = client.patch("/v1/prompts/kept", json=document)
    assert answer.status_code in (404, 422)
    assert said in answer.json()["detail"]
    assert get(client, "kept", version=1)["labels"] == ["eu", "latest"]
