"""What a newcomer can find out from the pages alone, and where to look."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """A question, the page that answers it, and how it is read there."""

    asked: str
    page: str
    hint: str


QUESTIONS = (
    Question(
        "Which training run is best, and why?",
        "/runs?project=tiny-lm&sort=summary.eval%2Floss",
        "the first by eval/loss; pick it and others, and Compare says what differs",
    ),
    Question(
        "Where did the refund that failed today break?",
        "/traces?project=shop&status=error",
        "open the newest, and press e until the errors go no deeper",
    ),
    Question(
        "Which variant of the support agent wins, and how sure is that?",
        "/experiments/verify-first",
        "the sentence on top; each card says what decided it",
    ),
    Question(
        "What did last week cost, and what cost most?",
        "/usage?since=7d",
        "the first number; by model, project or user on the right",
    ),
    Question(
        "What did Claude Code do about the refunds?",
        "/traces?service=claude-code",
        "open it, and press 3 for the conversation",
    ),
)
