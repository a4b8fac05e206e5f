"""Cards of runs and datasets, from a run to a commit on the Hub, and the token that it takes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from huggingface_hub import ModelCard

from tests.support.hub import Hub, Token
from tests.support.sdk import Machine
from tests.support.server import Server

SECRET = "hf_planted_AbCdEfGhIjKlMnOpQrStUv"
RUN = """
run = cm.init_run(project="demo", name="sft", config={"base_model": "Qwen/Qwen2.5-0.5B"},
                  system_metrics=False)
for step in range(50):
    run.log({"train/loss": 1 / (step + 1), "eval/acc": step / 100}, step=step)
run.link_dataset("you/data", split="train")
"""


@dataclass
class House:
    """A server, the Hub that it knows, and a machine with the SDK."""

    server: Server
    hub: Hub
    machine: Machine

    def ask(self, method: str, path: str, body: Any = None, key: str = "") -> httpx.Response:
        headers = {"x-api-key": key} if key else self.server.headers
        return self.server.client.request(
            method, f"{self.server.http}/v1{path}", json=body, headers=headers
        )

    def audited(self) -> list[dict[str, Any]]:
        return self.ask("GET", "/audit").json()["audit"]

    def save_token(self, token: str = SECRET) -> httpx.Response:
        return self.ask("PUT", "/profile/hub_token", {"token": token})


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    home = tmp_path_factory.mktemp("house")
    with Hub() as hub:
        hub.tokens[SECRET] = Token("me")
        with Server(home, environment={"HF_ENDPOINT": hub.url}) as server:
            yield House(server, hub, Machine(home / "machine", server))


@pytest.fixture(scope="module")
def run_id(house: House) -> str:
    house.machine.run(RUN + "run.finish()")
    return house.machine.one_run(project="demo")["id"]


@pytest.fixture(autouse=True)
def fresh(house: House) -> None:
    house.ask("DELETE", "/profile/hub_token")
    house.hub.repositories.clear()
    house.hub.faults.clear()


def test_a_run_pushes_its_card(house: House) -> None:
    repository = house.hub.add("me/sft", README_md="---\nlicense: mit\n---\n# Mine\n")
    house.save_token()
    program = house.machine.run(
        RUN.replace('"demo"', '"pushing"')
        + """
run.link_model("me/sft")
print(run.push_model_card(commit_message="Initial card from tracehouse")["commit_url"])
run.finish()
        """
    )
    assert program.out.strip() == f"{house.hub.url}/me/sft/commit/{repository.head}"
    assert repository.commits[-1][2] == "Initial card from tracehouse"
    card = ModelCard(repository.files["README.md"].decode())
    assert card.data.license == "mit"
    assert card.data.base_model == "Qwen/Qwen2.5-0.5B"
    assert card.data.datasets == ["you/data"]
    (result,) = card.data.eval_results or ()
    assert (result.metric_name, result.metric_value) == ("eval/acc", 0.49)
    assert card.text.startswith("# Mine\n")
    run = house.machine.one_run(project="pushing")
    assert f"({house.server.http}/runs/{run['id']})" in card.text
    pictures = {"tracehouse/eval_acc.png", "tracehouse/train_loss.png"}
    assert set(repository.files) == {"README.md", *pictures}
    assert all(f"]({path})" in card.text for path in pictures)
    (act,) = (a for a in house.audited() if a["act"] == "hub.push")
    assert act["detail"]["commit_oid"] == repository.head


def test_the_card_is_read_without_pictures(house: House, run_id: str) -> None:
    answer = house.server.get(f"/v1/runs/{run_id}/model_card.md")
    assert answer.headers["content-type"].startswith("text/markdown")
    assert "# sft\n" in answer.text
    assert ".png" not in answer.text
    assert ModelCard(answer.text).data.tags == ["tracehouse"]


def test_the_card_of_a_linked_dataset(house: House, run_id: str) -> None:
    house.save_token()
    path = f"/runs/{run_id}/push_dataset_card"
    assert house.ask("POST", path).status_code == 404
    pushed = house.ask("POST", path, {"create": True})
    assert pushed.json()["repo"] == "you/data", pushed.text
    text = house.hub.repositories["datasets/you/data"].files["README.md"].decode()
    assert f"[sft]({house.server.http}/runs/{run_id})" in text


def test_the_card_of_a_dataset_of_ours(house: House) -> None:
    items = [{"input": n} for n in range(3)]
    house.ask("POST", "/datasets", {"name": "a/b", "description": "Greetings.", "items": items})
    shown = house.server.get("/v1/datasets/a/b/dataset_card.md").text
    assert "3 items" in shown
    path = "/datasets/a/b/push_dataset_card"
    assert house.ask("POST", path).status_code == 422
    assert house.ask("POST", path, {"repo": "me/data"}).status_code == 409
    house.save_token()
    answer = house.ask("POST", path, {"repo": "me/data", "create": True})
    assert answer.status_code == 200, answer.text
    assert house.hub.repositories["datasets/me/data"].files["README.md"].decode() == shown
    assert house.ask("POST", "/datasets/none/push_dataset_card", {"repo": "m/d"}).status_code == 404
    assert house.server.get("/v1/datasets/none/dataset_card.md").status_code == 404


def test_what_is_missing_is_said_in_turn(house: House, run_id: str) -> None:
    path = f"/runs/{run_id}/push_model_card"
    refusals = [house.ask("POST", path), house.ask("POST", path, {"repo": "me/new"})]
    house.save_token()
    refusals.append(house.ask("POST", path, {"repo": "me/new"}))
    told = [(r.status_code, r.headers["content-type"], r.json()["detail"]) for r in refusals]
    problem = "application/problem+json"
    assert [(status, kind) for status, kind, _ in told] == [
        (422, problem), (409, problem), (404, problem)
    ]  # fmt: skip
    for (_, _, detail), advice in zip(
        told, ("run.link_model(", "PUT /v1/profile/hub_token", '"create": true'), strict=True
    ):
        assert advice in detail
    assert house.ask("POST", path, {"repo": "me/new", "create": True}).status_code == 200


@pytest.mark.parametrize(
    "body", [{"repo": "a/b/c"}, {"repo": "../x"}, {"create": "yes"}, {"branch": "main"}]
)
def test_a_wrong_request_is_said(house: House, run_id: str, body: dict[str, Any]) -> None:
    answer = house.ask("POST", f"/runs/{run_id}/push_model_card", body)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(next(iter(body)))


def test_a_run_that_is_not_there_has_no_card(house: House) -> None:
    house.save_token()
    for method, path in (("GET", "model_card.md"), ("POST", "push_model_card")):
        assert house.ask(method, f"/runs/{'0' * 32}/{path}").status_code == 404
    assert house.hub.repositories == {}


def test_a_token_is_saved_replaced_and_forgotten(house: House) -> None:
    nothing = {"saved": False, "account": None, "name": None, "ends_in": None, "saved_at": None}
    assert house.ask("GET", "/profile/hub_token").json() == nothing
    saved = house.save_token()
    assert saved.status_code == 200, saved.text
    shown = saved.json()
    assert shown["saved_at"].endswith("Z")
    assert shown | {"saved_at": None} == {
        "saved": True, "account": "me", "name": "me's", "ends_in": SECRET[-4:], "saved_at": None
    }  # fmt: skip
    assert house.ask("GET", "/profile/hub_token").json() == shown
    house.hub.tokens["hf_another_one"] = Token("you", "fineGrained", ("repo.write",))
    assert house.save_token("hf_another_one").json()["account"] == "you"
    assert house.ask("DELETE", "/profile/hub_token").status_code == 204
    assert house.ask("DELETE", "/profile/hub_token").status_code == 404
    assert house.ask("GET", "/profile/hub_token").json() == nothing


@pytest.mark.parametrize(
    ("token", "says"),
    [
        (Token("me", "read"), "write access"),
        (Token("me", "fineGrained", ("repo.content.read",)), "write access"),
        (None, "does not know it"),
    ],
)
def test_a_token_that_may_not_write_is_not_saved(
    house: House, token: Token | None, says: str
) -> None:
    if token:
        house.hub.tokens["hf_of_no_use"] = token
    else:
        house.hub.tokens.pop("hf_of_no_use", None)
    answer = house.save_token("hf_of_no_use")
    assert (answer.status_code, says in answer.json()["detail"]) == (422, True)
    assert house.ask("GET", "/profile/hub_token").json()["saved"] is False


@pytest.mark.parametrize("token", [None, "", 7, "hf_with\r\nx-header: 1", "hf_ümlaut_123", "short"])
def test_what_is_no_token_is_not_sent_anywhere(house: House, token: Any) -> None:
    before = len(house.hub.requests)
    assert house.ask("PUT", "/profile/hub_token", {"token": token}).status_code == 422
    assert len(house.hub.requests) == before


def test_what_is_not_the_hub_gets_no_token_saved(house: House) -> None:
    house.hub.fail("whoami", 404)
    answer = house.save_token()
    assert (answer.status_code, "is not the Hub" in answer.json()["detail"]) == (502, True)


def test_a_token_is_not_saved_unseen_when_the_hub_is_away(house: House) -> None:
    house.hub.fail("whoami", 503)
    answer = house.save_token()
    assert (answer.status_code, "try again" in answer.json()["detail"]) == (502, True)
    assert house.ask("GET", "/profile/hub_token").json()["saved"] is False


def test_a_token_that_was_revoked_is_said(house: House, run_id: str) -> None:
    house.hub.tokens["hf_soon_revoked"] = Token("me")
    house.save_token("hf_soon_revoked")
    del house.hub.tokens["hf_soon_revoked"]
    answer = house.ask("POST", f"/runs/{run_id}/push_model_card", {"repo": "me/x"})
    assert (answer.status_code, "save a new one" in answer.json()["detail"]) == (403, True)


def test_without_a_key_there_is_nothing(house: House, run_id: str) -> None:
    for method, path in (
        ("GET", "/profile/hub_token"), ("PUT", "/profile/hub_token"),
        ("DELETE", "/profile/hub_token"), ("POST", f"/runs/{run_id}/push_model_card"),
        ("POST", f"/runs/{run_id}/push_dataset_card"), ("GET", f"/runs/{run_id}/model_card.md"),
        ("POST", "/datasets/a/b/push_dataset_card"), ("GET", "/datasets/a/b/dataset_card.md"),
    ):  # fmt: skip
        answer = house.server.client.request(method, f"{house.server.http}/v1{path}")
        assert answer.status_code == 401, path


def test_the_token_is_nowhere_to_be_read(house: House, run_id: str) -> None:
    answers = [house.save_token(), house.ask("GET", "/profile/hub_token")]
    path, repo = f"/runs/{run_id}/push_model_card", {"repo": "me/x"}
    answers += [house.ask("POST", path, body) for body in (repo, {**repo, "create": True})]
    house.hub.add("me/x")
    house.hub.fail("/commit/", 500, body=SECRET.encode())
    answers.append(house.ask("POST", path, repo))
    assert [answer.status_code for answer in answers] == [200, 200, 404, 200, 502]
    assert any(SECRET in key for _, _, key in house.hub.requests), "it was used"
    assert not any(SECRET in answer.text for answer in answers)
    assert SECRET not in house.server.log()
    meta = house.server.data_dir / "meta.db"
    assert not any(SECRET.encode() in found for found in _bytes_of(meta))
    with sqlite3.connect(meta) as database:
        (encrypted,) = database.execute("SELECT encrypted FROM hub_tokens").fetchone()
    assert len(encrypted) > len(SECRET)


def _bytes_of(meta: Path) -> list[bytes]:
    return [file.read_bytes() for file in meta.parent.glob("meta.db*")]
