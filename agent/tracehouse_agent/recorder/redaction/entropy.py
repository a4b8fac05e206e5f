"""How random a text looks."""

from __future__ import annotations

import math
from collections import Counter


def entropy(data: bytes) -> float:
    """Shannon entropy of its bytes, in bits a byte: words have about 3, random base 64 near 6."""
    if not data:
        return 0.0
    size = len(data)
    return -sum(n / size * math.log2(n / size) for n in Counter(data).values())
