"""What an owner wrote into a README, before and after a push."""

from __future__ import annotations

from typing import Any

import pytest
from huggingface_hub import ModelCard

from tests.unit.api.hub.runs import HUB_URL, RUN_URL, run
from tracehouse_api.hub.card import Card, model_card
from tracehouse_api.hub.readme import BadReadme, pictures_in, readme

OWN = """---
# chosen by hand
license: apache-2.0   # see LICENSE
language: no
tags: [mine, 'quoted']
datasets:
- own/data
extra_gated_fields:
  Name: text
---
# My model

What I say of it.
"""


def pushed(existing: str | None, **changed: Any) -> str:
    return readme(model_card(run(**changed), run_url=RUN_URL, hub_url=HUB_URL), existing)


def with_metadata(**metadata: Any) -> Card:
    return Card("t", metadata, "section")


def test_a_new_readme_is_a_whole_card() -> None:
    card = ModelCard(pushed(None))
    assert "# qwen-sft\n" in card.text
    assert card.data.tags == ["tracehouse"]


def test_the_owners_words_and_lines_stay() -> None:
    after = pushed(OWN, tags=["ours"])
    head, _, body = after.removeprefix("---\n").partition("\n---\n")
    for line in OWN.split("---\n")[1].splitlines():
        assert line.startswith("tags:") or line in head.splitlines()
    assert body.startswith("# My model\n\nWhat I say of it.\n\n<!-- tracehouse:begin")
    assert "# qwen-sft" not in body, "it has a title"
    assert ModelCard(after).data.tags == ["mine", "quoted", "tracehouse", "ours"]


def test_the_same_again_changes_nothing() -> None:
    run = {"summary": {"eval/acc": 0.5}, "notes": "two\r\nlines"}
    for existing in (OWN, None, "no metadata"):
        once = pushed(existing, **run)
        assert pushed(once, **run) == once


def test_only_what_we_added_goes() -> None:
    config = {"base_model": "a/b"}
    once = pushed(OWN, tags=["old", "mine"], links={"dataset": "their/data"}, config=config)
    assert ModelCard(once).data.datasets == ["own/data", "their/data"]
    again = ModelCard(pushed(once, tags=["new"]))
    assert again.data.tags == ["mine", "quoted", "tracehouse", "new"]
    assert again.data.datasets == ["own/data"]
    assert again.data.base_model is None


def test_what_the_owner_changed_of_ours_is_the_owners() -> None:
    once = pushed(OWN, config={"base_model": "a/b"}).replace("base_model: a/b", "base_model: c/d")
    for config in ({"base_model": "a/b"}, {}):
        once = pushed(once, config=config)
        assert ModelCard(once).data.base_model == "c/d"


def test_results_of_others_stay() -> None:
    theirs = """---
model-index:
- name: mine
  results:
  - task: {type: text-generation}
    dataset: {type: d, name: D}
    metrics: [{type: f1, value: 0.9}]
---
"""
    after = theirs
    for accuracy in (0.1, 0.2):
        after = pushed(after, summary={"eval/acc": accuracy})
        card = ModelCard(after)
        found = [(r.metric_type, r.metric_value) for r in card.data.eval_results or ()]
        assert (card.data.model_name, found) == ("mine", [("f1", 0.9), ("accuracy", accuracy)])
    without = ModelCard(pushed(after))
    assert [r.metric_type for r in without.data.eval_results or ()] == ["f1"]
    assert "model-index" not in pushed(pushed(OWN, summary={"eval/acc": 1.0}))


def test_the_section_is_replaced_where_it_stands() -> None:
    once = pushed(OWN)
    moved = once.replace("What I say of it.\n", "") + "\nWritten below.\n"
    after = pushed(moved, notes="Other notes.")
    assert after.count("<!-- tracehouse:begin") == 1
    assert "Other notes." in after
    assert after.endswith("<!-- tracehouse:end -->\n\nWritten below.\n")


def test_a_mark_that_lost_its_end_costs_no_words() -> None:
    broken = OWN + "<!-- tracehouse:begin -->\nMine, too.\n"
    for _ in range(2):
        broken = pushed(broken)
        assert "Mine, too." in broken
        assert broken.count("<!-- tracehouse:end -->") == 1


def test_windows_lines_stay_windows_lines() -> None:
    after = pushed(OWN.replace("\n", "\r\n"), tags=["ours"])
    assert "\n" not in after.replace("\r\n", "")
    assert ModelCard(after).data.tags == ["mine", "quoted", "tracehouse", "ours"]
    assert pushed(after, tags=["ours"]) == after


@pytest.mark.parametrize(
    "head",
    [
        "{license: mit, tags: [a]}", '"license": mit\n"tags":\n- a', "license: mit\ntags:\n  - a",
        "license: mit\ntags: a", "tags:\n- a\nlicense: mit\n...",
    ],
)  # fmt: skip
def test_metadata_in_any_style_is_merged(head: str) -> None:
    after = ModelCard(readme(with_metadata(tags=["b"]), f"---\n{head}\n---\nwords\n"))
    assert after.data.to_dict() == {"license": "mit", "tags": ["a", "b"]}
    assert after.text.startswith("words\n")


@pytest.mark.parametrize(
    ("head", "complaint"),
    [
        ("tags: [a", "not YAML"),
        ("- a\n- b", "no mapping|not a mapping"),
        ("date: 2026-99-99", "not YAML"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "aliases"),
    ],
)
def test_metadata_that_cannot_be_read_is_left_alone(head: str, complaint: str) -> None:
    with pytest.raises(BadReadme, match=complaint):
        pushed(f"---\n{head}\n---\n")


def test_an_odd_model_index_is_left_alone() -> None:
    after = pushed("---\nmodel-index: none\n---\n", summary={"eval/acc": 1.0})
    assert "model-index: none\n" in after


def test_pictures_are_those_of_the_section() -> None:
    card = Card("t", {}, "![a](tracehouse/a.png) ![b](tracehouse/b-2.png)")
    text = readme(card, "![own](tracehouse/own.png)\n")
    assert pictures_in(text) == {"tracehouse/a.png", "tracehouse/b-2.png"}
    assert pictures_in(None) == set()
