"""Four other agents, each instrumented by another library, and what a week brings them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from .clock import Clock
from .composing import Writer
from .dialects import Dialect, OpenInference, OpenLLMetry, PydanticAI, VercelAI
from .otlp import Emitter, Ids, Json
from .people import USERS, moments
from .turns import Model, ToolCall, Turn

GPT_4O_MINI = Model("gpt-4o-mini", "openai", 110, 0.4, overhead=3_100)


@dataclass(frozen=True)
class Task:
    """Something the agent is asked, its calls, and its answer."""

    question: str
    calls: tuple[ToolCall, ...]
    answer: str


@dataclass(frozen=True)
class Agent:
    """An agent as it is deployed. `fails` is the share of turns whose last tool raises `error`."""

    emitter: Emitter
    dialect: Dialect
    model: Model
    name: str
    system: str
    turns: int
    tasks: tuple[Task, ...]
    fails: float = 0.0
    error: str = ""


RESEARCH = Agent(
    Emitter("market-research", "research", "openinference.instrumentation.langchain", "0.1.52"),
    OpenInference(),
    Model("gpt-4o", "openai", 90, 0.6, overhead=14_000),
    "market-research",
    "You answer questions about the market from the warehouse. Query first, then answer.",
    46,
    (
        Task(
            "Which category grew most in October?",
            (
                ToolCall(
                    "warehouse.query",
                    {"sql": "SELECT category, growth FROM monthly WHERE month = '10' ORDER BY 2"},
                    {"rows": [["tents", 0.21], ["stoves", 0.08], ["packs", -0.03]]},
                    1.4,
                ),
            ),
            "**Tents**, by 21 %. Stoves grew by 8 %, packs shrank by 3 %.",
        ),
        Task(
            "Summarise what the press wrote about Summit tents this month.",
            (
                ToolCall(
                    "web.search",
                    {"query": "Summit tent review", "days": 30},
                    [{"title": "Tested: Summit 2", "url": "https://hiking.example/summit-2"}],
                    0.9,
                ),
                ToolCall(
                    "web.read",
                    {"url": "https://hiking.example/summit-2"},
                    {"text": "Stable in wind, easy to pitch, heavy for its class. 8.5 of 10."},
                    1.8,
                ),
            ),
            "One review, and a good one (8.5 of 10): stable in wind and easy to pitch, but heavy "
            "for its class.\n\n| praised | criticised |\n|---|---|\n| wind, pitching | weight |",
        ),
    ),
    fails=0.05,
    error="HTTPError: 429 Too Many Requests",
)
STOREFRONT = Agent(
    Emitter("product-chat", "storefront", "gen_ai", "7.0.14", language="nodejs", host="edge-fra"),
    VercelAI(),
    Model("gemini-2.5-flash", "gcp.gemini", 190, 0.3, overhead=2_200),
    "product-chat",
    "You help visitors of Northwind Outdoor to find gear. Three suggestions at most.",
    88,
    (
        Task(
            "I need a light backpack for three days.",
            (
                ToolCall(
                    "searchProducts",
                    {"query": "light backpack", "maxWeight": 1200, "litres": [35, 45]},
                    [{"name": "Kestrel 38", "price": 129, "weight": 1050}],
                    0.12,
                ),
            ),
            "The **Kestrel 38** (129 €, 1,050 g) fits: 38 litres are enough for three days with a "
            "tent. Would you like to see the women's fit as well?",
        ),
        Task(
            "Do you have trail shoes in 46?",
            (
                ToolCall(
                    "checkStock",
                    {"sku": "TRAIL-46"},
                    {"inStock": 3, "warehouse": "Kassel"},
                    0.08,
                ),
            ),
            "Yes, three pairs in 46 are in Kassel and can be with you in two days.",
        ),
        Task(
            "What is the difference between down and synthetic?",
            (),
            "Down is warmer for its weight and packs smaller; synthetic stays warm when wet, dries "
            "faster and costs less. For wet autumns I would take synthetic.",
        ),
    ),
)
INVOICES = Agent(
    Emitter("invoice-reader", "back-office", "pydantic-ai", "2.68.0", host="batch-2"),
    PydanticAI(0.15, 0.6),
    GPT_4O_MINI,
    "invoice_reader",
    "Read the invoice and return its supplier, number, date, lines and total.",
    62,
    (
        Task(
            "invoices/2026-11/alpenstoff-8841.pdf",
            (
                ToolCall("read_pdf", {"path": "alpenstoff-8841.pdf"}, {"pages": 2}, 0.7),
                ToolCall(
                    "match_supplier", {"vat": "DE811907980"}, {"supplier": "Alpenstoff GmbH"}, 0.1
                ),
            ),
            '{"supplier": "Alpenstoff GmbH", "number": "8841", "total": 1842.5, "currency": "EUR"}',
        ),
        Task(
            "invoices/2026-11/fjellgarn-20211.pdf",
            (ToolCall("read_pdf", {"path": "fjellgarn-20211.pdf"}, {"pages": 1}, 0.5),),
            '{"supplier": "Fjellgarn AS", "number": "20211", "total": 690.0, "currency": "NOK"}',
        ),
    ),
    fails=0.06,
    error="PdfReadError: the file is encrypted",
)
HANDBOOK = Agent(
    Emitter("handbook", "back-office", "opentelemetry.instrumentation.openai.v1", "0.62.4"),
    OpenLLMetry(),
    Model("gpt-5-mini", "openai", 100, 0.9, overhead=4_000),
    "handbook",
    "You answer questions of employees from the handbook, with the page you found it on.",
    54,
    (
        Task(
            "How many days of parental leave do I have?",
            (
                ToolCall(
                    "search_handbook",
                    {"query": "parental leave"},
                    [{"page": 41, "text": "Both parents: 14 months together, 67 % paid."}],
                    0.3,
                ),
            ),
            "Together both parents have **14 months**, paid at 67 % (page 41).",
        ),
        Task(
            "Who signs for expenses above 500 €?",
            (
                ToolCall(
                    "search_handbook",
                    {"query": "expenses approval limit"},
                    [{"page": 17, "text": "Above 500 €: head of department and finance."}],
                    0.3,
                ),
            ),
            "The head of your department and finance, both (page 17).",
        ),
    ),
)
FLEET = (RESEARCH, STOREFRONT, INVOICES, HANDBOOK)


def week_of(agent: Agent, clock: Clock, chance: random.Random) -> Iterator[Json]:
    """What one of them did: a batch for each turn. Two or three turns make a session."""
    writer = Writer(agent.emitter, agent.dialect, Ids(clock, chance), chance)
    user, session = "", ""
    for number, moment in enumerate(moments(clock, agent.turns, chance.random())):
        if not session or chance.random() < 0.45:
            user, session = chance.choice(USERS), f"{agent.name}-{number + 1:03d}"
        task = agent.tasks[chance.randrange(len(agent.tasks))]
        failed = bool(task.calls) and chance.random() < agent.fails
        calls = (*task.calls[:-1], _failing(task.calls[-1], agent.error)) if failed else task.calls
        turn = Turn(
            question=task.question,
            calls=calls,
            answer="" if failed else task.answer,
            system=agent.system,
            model=agent.model,
            agent=agent.name,
            session=session,
            user=user,
            start=moment,
        )
        yield writer.batch(writer.trace(turn))


def _failing(call: ToolCall, error: str) -> ToolCall:
    return ToolCall(call.name, call.arguments, None, call.seconds, error, error.partition(":")[0])
