"""Pictures and sounds that look like what a model in training shows."""

from __future__ import annotations

import math
import random

from PIL import Image, ImageDraw

_SIZE, _CELL = 24, 8
_DARK, _BRIGHT = (13, 18, 43), (255, 214, 102)
_KINDS = ((255, 214, 102), (94, 201, 206), (232, 121, 160))


def attention(progress: float, head: int) -> Image.Image:
    """A causal attention map. With progress (0 … 1) it turns from an even wash into a sharp
    diagonal and a column for the first token."""
    chance = random.Random(head)
    picture = Image.new("RGB", (_SIZE, _SIZE))
    sharp = 0.15 + 5.0 * progress * (1 + head % 3) / 2
    sink = progress * (0.2 + 0.25 * (head % 2))
    for row in range(_SIZE):
        weights = [
            math.exp(-sharp * (row - column) / 4) + (sink if column == 0 else 0)
            for column in range(row + 1)
        ]
        largest = max(weights)
        for column, weight in enumerate(weights):
            shade = min(1.0, weight / largest * chance.uniform(0.75, 1.0))
            picture.putpixel((column, row), _between(shade))
    return picture.resize((_SIZE * _CELL, _SIZE * _CELL), Image.Resampling.NEAREST)


def tokens(progress: float) -> Image.Image:
    """Embeddings of tokens on two axes: a cloud that parts into three kinds."""
    chance = random.Random(6)
    side = _SIZE * _CELL * 2
    picture = Image.new("RGB", (side, side), _DARK)
    draw = ImageDraw.Draw(picture)
    for number in range(360):
        kind = number % 3
        angle = 2.1 * kind + 0.4
        spread = 0.2 - 0.11 * progress
        x, y = (
            (0.5 + 0.27 * progress * turn(angle) + chance.gauss(0, spread * 0.6)) * side
            for turn in (math.cos, math.sin)
        )
        draw.ellipse((x - 2, y - 2, x + 2, y + 2), fill=_KINDS[kind])
    return picture


def _between(shade: float) -> tuple[int, int, int]:
    red, green, blue = (
        round(dark + (bright - dark) * shade) for dark, bright in zip(_DARK, _BRIGHT, strict=True)
    )
    return red, green, blue


def spoken(pitch: float, seconds: float = 0.6, rate: int = 8_000) -> list[float]:
    """Something like a syllable: three harmonics that swell and fade."""
    samples = int(seconds * rate)
    return [
        math.sin(math.pi * n / samples)
        * sum(math.sin(2 * math.pi * pitch * k * n / rate) / (2 * k) for k in (1, 2, 3))
        * 0.6
        for n in range(samples)
    ]


def confusion(accuracy: float, words: tuple[str, ...]) -> Image.Image:
    """Which word was taken for which: a diagonal that grows with accuracy."""
    chance = random.Random(round(accuracy * 1000))
    picture = Image.new("RGB", (len(words), len(words)))
    for row in range(len(words)):
        for column in range(len(words)):
            wrong = chance.uniform(0, 1.6 * (1 - accuracy))
            picture.putpixel((column, row), _between(accuracy if row == column else wrong))
    return picture.resize((len(words) * 32, len(words) * 32), Image.Resampling.NEAREST)
