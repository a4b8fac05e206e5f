"""Who uses the agents, and when: office hours are busy, nights and weekends are not."""

from __future__ import annotations

import random
from datetime import UTC, datetime

from .clock import DAY, Clock

USERS = (
    "ada.keller", "amir.haddad", "anna.lindqvist", "ben.okafor", "carla.mendes", "chen.wei",
    "dana.novak", "elif.demir", "finn.jansen", "grace.osei", "hana.sato", "igor.petrov",
    "jonas.weber", "kofi.mensah", "lea.dubois", "mara.rossi", "nils.berg", "olga.ivanova",
    "pablo.ruiz", "rania.khalil", "sam.taylor", "tara.singh", "uma.patel", "yuki.tanaka",
)  # fmt: skip
_BY_HOUR = (1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 20, 19, 15, 17, 20, 19, 16, 12, 9, 8, 7, 5, 3, 2)
_WEEKEND = 0.35


def moments(clock: Clock, number: int, seed: float, days: float = 7) -> list[int]:
    """So many moments of the last days, the earliest first, in nanoseconds. They depend on the
    hour that it is now; what happens at them must not, so they have a seed of their own."""
    chance = random.Random(seed)
    found: list[int] = []
    while len(found) < number:
        moment = clock.ago(days=chance.uniform(0.01, days))
        at = datetime.fromtimestamp(moment / 1e9, UTC)
        weight = _BY_HOUR[at.hour] / max(_BY_HOUR) * (_WEEKEND if at.weekday() > 4 else 1.0)
        if chance.random() < weight:
            found.append(moment)
    return sorted(found)


def later(moment: int, chance: random.Random) -> int:
    """When somebody goes on: half a minute to six minutes later."""
    return moment + int(chance.uniform(0.005, 0.1) / 24 * DAY * 1e9)
