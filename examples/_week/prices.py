"""What the model of our own costs, which no list of prices knows: by the prices API."""

from __future__ import annotations

from .otlp import Door

OWN_MODEL = "tiny-80m"


def tell(door: Door) -> None:
    """USD for a million tokens. It counts at once, for past calls too."""
    door.put("/v1/prices", {"model": OWN_MODEL, "input_mtok": 0.02, "output_mtok": 0.06})
