"""Datasets and experiments as Langfuse's SDKs write them, and as they stand here."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.langfuse.generations import head
from tests.conformance.langfuse.test_reads import WAIT
from tests.support.sdk import Machine

MAKE = """
def make(client, name):
    client.create_dataset(name=name, description="sums", metadata={"k": 1})
    for number in (1, 2):
        client.create_dataset_item(
            dataset_name=name, id=f"{name} item {number}", input={"n": number},
            expected_output=number * 2,
        )
"""


@pytest.mark.parametrize("major", [2, 4, 5])
def test_items_are_made_changed_and_archived(machine: Machine, major: int) -> None:
    machine.run(
        f"""
        from langfuse import Langfuse
        client = Langfuse()
        name = "folder/items {major}"
        make(client, name)
        dataset = client.get_dataset(name)
        assert (dataset.name, dataset.description) == (name, "sums")
        assert [item.input for item in dataset.items] == [{{"n": 2}}, {{"n": 1}}]
        assert dataset.items[0].expected_output == 4
        client.create_dataset_item(
            dataset_name=name, id=name + " item 1", expected_output=3,
        )
        changed = client.get_dataset(name).items[1]
        assert (changed.input, changed.expected_output) == ({{"n": 1}}, 3)
        client.create_dataset_item(dataset_name=name, id=name + " item 1", status="ARCHIVED")
        assert [item.input for item in client.get_dataset(name).items] == [{{"n": 2}}]
        client.shutdown()
        """,
        head=head(major) + MAKE,
    )
    found = machine.get(f"/v1/datasets/folder/items {major}/items")["items"]
    assert [item["id"] for item in found] == [f"folder/items {major} item 2"]


def compared(machine: Machine, name: str) -> dict[str, Any]:
    assert machine.server is not None
    machine.server.settle()
    return machine.get(f"/v1/datasets/{name}/compare")


@pytest.mark.parametrize("major", [4, 5])
def test_an_experiment_is_compared_item_by_item(machine: Machine, major: int) -> None:
    machine.run(
        f"""
        from langfuse import Evaluation, get_client
        client = get_client()
        name = "experiment {major}"
        make(client, name)

        def right(*, output, expected_output, **_):
            return Evaluation(name="right", value=output == expected_output, data_type="BOOLEAN")

        for run, factor in (("double", 2), ("triple", 3)):
            result = client.get_dataset(name).run_experiment(
                name="sums", run_name=run, task=lambda *, item, **_: item.input["n"] * factor,
                evaluators=[right],
            )
            assert len(result.item_results) == 2
        client.flush()
        client.shutdown()
        """,
        head=head(major) + MAKE,
    )
    name = f"experiment {major}"
    found = compared(machine, name)
    runs = {run["name"]: run for run in found["runs"]}
    assert set(runs) == {"double", "triple"}
    assert {name: run["item_count"] for name, run in runs.items()} == {"double": 2, "triple": 2}
    scores = {name: run["summary"]["scores"]["right"] for name, run in runs.items()}
    assert scores == {"double": {"count": 2, "mean": 1.0}, "triple": {"count": 2, "mean": 0.0}}
    results = {
        item["input"]["n"]: {run: got["output"] for run, got in item["results"].items()}
        for item in found["items"]
    }
    assert results == {1: {"double": 2, "triple": 3}, 2: {"double": 4, "triple": 6}}


def test_the_oldest_sdk_links_its_traces_to_a_run(machine: Machine) -> None:
    machine.run(
        """
        from langfuse import Langfuse
        client = Langfuse()
        make(client, "linked")
        for item in client.get_dataset("linked").items:
            trace = client.trace(name="try", input=item.input, output=item.input["n"] * 2)
            item.link(trace, "by hand", run_description="d", run_metadata={"m": 1})
            trace.score(name="right", value=1)
        client.flush()
        run = client.get_dataset_run("linked", "by hand")
        assert len(run.dataset_run_items) == 2 and run.metadata == {"m": 1}
        assert [run.name for run in client.get_dataset_runs("linked").data] == ["by hand"]
        client.shutdown()
        """,
        head=head(2) + WAIT + MAKE,
    )
    found = compared(machine, "linked")
    assert [item["results"]["by hand"]["output"] for item in found["items"]] == [4, 2]
    assert found["runs"][0]["summary"]["scores"] == {"right": {"count": 2, "mean": 1.0}}
