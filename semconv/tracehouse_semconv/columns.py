"""Columns that attributes are promoted to.

Generated from semconv/registry by `make generate`. Do not edit.
"""

from typing import Final

PROMOTED: Final[dict[str, tuple[str, ...]]] = {
    "experiment": ("tracehouse.experiment.name",),
    "run_id": ("tracehouse.run.id",),
    "session_id": ("gen_ai.conversation.id", "session.id"),
    "step": ("tracehouse.step",),
    "subject_id": ("tracehouse.subject.id",),
    "variant": ("tracehouse.experiment.variant",),
}
