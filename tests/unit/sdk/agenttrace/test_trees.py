"""However calls, blocks, threads and tasks lie in one another: the tree is that of the program."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.sdk.agenttrace.conftest import Recorded
from tracehouse.agenttrace import AgentTrace, Observation, observe, run_in_trace_context
from tracehouse.agenttrace.observations import current

BLOCKS = ("trace", "span", "generation")
CALLS = ("call", "generator")


@dataclass(frozen=True)
class Plan:
    """Something that is observed, what lies in it, and how that runs."""

    kind: str
    spread: str
    inside: tuple[Plan, ...] = ()


def _nested(inside: st.SearchStrategy[Plan]) -> st.SearchStrategy[Plan]:
    return st.builds(
        Plan,
        st.sampled_from((*BLOCKS, *CALLS)),
        st.sampled_from(("in turn", "threads", "tasks")),
        st.lists(inside, max_size=3).map(tuple),
    )


PLANS = st.recursive(
    st.builds(Plan, st.sampled_from((*BLOCKS, *CALLS)), st.just("in turn")), _nested, max_leaves=12
)


class Program:
    """Runs a plan, in threads and in tasks. `expected`: the parent of everything, by name."""

    def __init__(self, at: AgentTrace) -> None:
        self._at = at
        self._lock = threading.Lock()
        self.expected: dict[str, str | None] = {}

    def _name(self, plan: Plan, around: str | None) -> str:
        with self._lock:
            name = f"{plan.kind} {len(self.expected)}"
            self.expected[name] = None if plan.kind == "trace" else around
        return name

    def _block(self, plan: Plan, name: str) -> AbstractContextManager[Observation]:
        around = current.get()
        if plan.kind == "trace" or around is None:
            return self._at.trace(name)
        return around.generation(name) if plan.kind == "generation" else around.span(name)

    def run(self, plan: Plan, around: str | None = None) -> None:
        name = self._name(plan, around)
        before = current.get()
        if plan.kind in BLOCKS:
            with self._block(plan, name):
                self._inside(plan, name)
        elif plan.kind == "call":
            observe(name=name)(self._inside)(plan, name)
        else:

            @observe(name=name)
            def generator() -> Iterator[int]:
                yield 1
                self._inside(plan, name)
                yield 2

            for _ in generator():
                assert current.get() is before
        assert current.get() is before

    def _inside(self, plan: Plan, name: str) -> None:
        if plan.spread == "tasks":
            asyncio.run(self._together(plan, name))
            return
        steps = [partial(self.run, inner, name) for inner in plan.inside]
        if plan.spread == "in turn":
            for step in steps:
                step()
            return
        threads = [threading.Thread(target=run_in_trace_context(step)) for step in steps]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    async def run_async(self, plan: Plan, around: str | None = None) -> None:
        name = self._name(plan, around)
        before = current.get()
        if plan.kind in BLOCKS:
            with self._block(plan, name):
                await self._inside_async(plan, name)
        elif plan.kind == "call":
            await observe(name=name)(self._inside_async)(plan, name)
        else:

            @observe(name=name)
            async def generator() -> AsyncIterator[int]:
                yield 1
                await self._inside_async(plan, name)
                yield 2

            async for _ in generator():
                assert current.get() is before
        assert current.get() is before

    async def _inside_async(self, plan: Plan, name: str) -> None:
        await asyncio.sleep(0)
        if plan.spread == "tasks":
            await self._together(plan, name)
        elif plan.spread == "threads":
            await asyncio.gather(
                *(asyncio.to_thread(self.run, inner, name) for inner in plan.inside)
            )
        else:
            for inner in plan.inside:
                await self.run_async(inner, name)

    async def _together(self, plan: Plan, name: str) -> None:
        await asyncio.gather(*(self.run_async(inner, name) for inner in plan.inside))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(plan=PLANS, is_async=st.booleans())
def test_the_tree_is_that_of_the_program(
    recorded: Recorded, at: AgentTrace, plan: Plan, is_async: bool
) -> None:
    recorded.ended.clear()
    program = Program(at)
    if is_async:
        asyncio.run(program.run_async(plan))
    else:
        program.run(plan)
    assert recorded.parents() == program.expected
    traces = {span.context.trace_id for span in recorded.ended if span.context}
    assert len(traces) == list(program.expected.values()).count(None)
    assert current.get() is None
