"""Cards as the Hub's own library reads them back."""

from __future__ import annotations

from typing import Any

import pytest
from huggingface_hub import EvalResult, ModelCard

from tests.support.hub import metadata_errors
from tests.unit.api.hub.runs import HUB_URL, RUN_URL, run
from tracehouse_api.hub.card import model_card, plotted_keys
from tracehouse_api.hub.dataset_card import dataset_card, linked_dataset_card
from tracehouse_api.hub.readme import readme


def card_of(**changed: Any) -> ModelCard:
    text = readme(model_card(run(**changed), run_url=RUN_URL, hub_url=HUB_URL), None)
    assert metadata_errors(text) == []
    return ModelCard(text)


def results_of(**summary: Any) -> dict[str, EvalResult]:
    return {r.metric_name or "": r for r in card_of(summary=summary).data.eval_results or ()}


def test_the_metadata_says_what_the_run_was() -> None:
    card = card_of(
        config={"base_model": "Qwen/Qwen2.5-0.5B", "pipeline_tag": "text-generation"},
        links={"dataset": "HuggingFaceH4/ultrachat_200k", "dataset_split": "train_sft"},
        summary={"eval/acc": 0.5, "train/loss": 0.1},
        tags=["first", "no: yes"],
    )
    assert card.data.base_model == "Qwen/Qwen2.5-0.5B"
    assert card.data.datasets == ["HuggingFaceH4/ultrachat_200k"]
    assert card.data.pipeline_tag == "text-generation"
    assert card.data.tags == ["tracehouse", "first", "no: yes"]
    assert card.data.metrics == ["accuracy"]
    (result,) = card.data.eval_results or ()
    assert (result.task_type, result.dataset_type) == (
        "text-generation", "HuggingFaceH4/ultrachat_200k"
    )  # fmt: skip
    assert (result.metric_type, result.metric_name, result.metric_value) == (
        "accuracy", "eval/acc", 0.5
    )  # fmt: skip
    assert (result.source_name, result.source_url) == ("tracehouse", RUN_URL)
    assert "split `train_sft`" in card.text
    assert f"({HUB_URL}/datasets/HuggingFaceH4/ultrachat_200k)" in card.text


def test_results_are_of_the_evaluation_where_there_is_one() -> None:
    evaluated = results_of(**{"eval_f1": 1, "acc": 0.1, "val/loss": 2.0})
    assert [r.metric_type for r in evaluated.values()] == ["f1", "loss"]
    assert list(results_of(acc=0.5, **{"train/loss": 1.0, "lr": 1e-4})) == ["acc"]
    assert list(results_of(latest=1.0)) == ["latest"], "it has `test` in it and is none"


@pytest.mark.parametrize("value", ["NaN", "Infinity", "words", True, None, [1], float("nan")])
def test_what_is_no_number_is_no_result(value: Any) -> None:
    assert results_of(**{"eval/acc": value}) == {}


def test_what_cannot_be_on_the_hub_is_not_in_the_metadata() -> None:
    card = card_of(
        config={"base_model": "/data/models/own"},
        links={"dataset": "s3://bucket/data"},
        summary={"eval/acc": 1.0},
    )
    assert (card.data.base_model, card.data.datasets) == (None, None)
    assert "`/data/models/own`" in card.text
    assert "`s3://bucket/data`" in card.text


def test_nobody_closes_our_section_from_within() -> None:
    mean = "<!-- tracehouse:end --> | `x` <script>\n# y"
    card = card_of(
        name=mean, notes=mean, tags=[mean], project=mean, config={mean: mean}, summary={mean: 1.0}
    )
    assert card.text.count("<!-- tracehouse:end -->") == 1
    assert card.text.rstrip().endswith("<!-- tracehouse:end -->")


def test_secrets_in_a_config_are_not_published() -> None:
    config = {
        "hf_token": "value-1", "api": {"api_key": "value-2"}, "cmd": "run --key sk-abcdefgh12",
        "max_tokens": 77, "tokenizer": "bpe", "token": None,
    }  # fmt: skip
    text = card_of(config=config).text
    for secret in ("value-1", "value-2", "sk-abc"):
        assert secret not in text
    assert "| `max_tokens` | 77 |" in text
    assert "| `tokenizer` | bpe |" in text
    assert "| `token` | null |" in text


def test_a_card_stays_readable_with_a_huge_config() -> None:
    text = card_of(config={f"k{n:04}": "x" * 5000 for n in range(700)}).text
    assert "… and 200 more" in text
    assert len(text) < 300_000


def test_evaluations_are_drawn_first() -> None:
    keys = ["a", "b", "eval/acc", "system/cpu", "train/loss"]
    assert plotted_keys(keys, 3) == ["eval/acc", "train/loss", "a"]


def test_a_dataset_of_ours() -> None:
    dataset = {
        "name": "a/b", "description": "Greetings.", "updated_at": "2026-09-21T10:00:00.000000Z",
        "input_schema": {"type": "string"}, "expected_output_schema": None,
    }  # fmt: skip
    text = readme(dataset_card(dataset, 1000), None)
    card = ModelCard(text)
    assert card.data.to_dict()["pretty_name"] == "a/b"
    assert card.data.to_dict()["size_categories"] == ["1K<n<10K"]
    assert "1000 items" in text
    assert '"type": "string"' in text


def test_runs_on_a_linked_dataset() -> None:
    runs = [run(), run(name="second", links={"model": None, "dataset_split": "train"})]
    card = linked_dataset_card("you/data", runs, runs_url="http://h/runs", hub_url=HUB_URL)
    first = f"| [qwen-sft](http://h/runs/abc) | [me/x]({HUB_URL}/me/x) |  | finished |"
    assert first in card.section
    assert "| [second](http://h/runs/abc) |  | `train` | finished |" in card.section
