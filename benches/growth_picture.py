"""The growth picture: three log-log panels side by side, as SVG."""

from __future__ import annotations

import math
from typing import Any

WIDTH, HEIGHT = 300, 260
LEFT, TOP, GAP = 60, 40, 130
COLOURS = ("#1f6f8b", "#c8553d", "#588157", "#7b5ea7", "#b08900")
Series = dict[str, list[tuple[float, float]]]


def panels(results: list[dict[str, Any]]) -> list[tuple[str, str, Series]]:
    """Title, unit and lines of each panel."""
    seconds: Series = {}
    memory: Series = {}
    size: Series = {}
    for result in results:
        n = result["transfers"]
        for name, step in result["steps"].items():
            if name != "new":
                seconds.setdefault(name, []).append((n, step["seconds"]))
            if name in ("add", "index"):
                memory.setdefault(f"{name}, anonymous", []).append((n, step["anonymous"] / 2**20))
                memory.setdefault(f"{name}, mapped", []).append((n, step["mapped"] / 2**20))
        for name, length in result["bytes"].items():
            size.setdefault(name, []).append((n, length / 2**20))
    return [("Seconds", "s", seconds), ("Peak memory", "MiB", memory), ("On disk", "MiB", size)]


def decades(values: list[float]) -> tuple[int, int]:
    """Powers of ten around values."""
    known = [value for value in values if value > 0] or [1.0]
    low, high = math.floor(math.log10(min(known))), math.ceil(math.log10(max(known)))
    return low, max(high, low + 1)


def power(exponent: int) -> str:
    """A power of ten as people read it."""
    if -3 <= exponent <= 3:
        return f"{10.0 ** exponent:g}"
    return f'10<tspan dy="-4" font-size="8">{exponent}</tspan>'


def panel(x: float, title: str, unit: str, series: Series) -> list[str]:
    """One panel whose left edge is at `x`."""
    points = [point for line in series.values() for point in line]
    (x_low, x_high), (y_low, y_high) = decades([p[0] for p in points]), decades([p[1] for p in points])

    def place(n: float, value: float) -> tuple[float, float]:
        right = (math.log10(n) - x_low) / (x_high - x_low)
        up = (math.log10(max(value, 10.0**y_low)) - y_low) / (y_high - y_low)
        return x + right * WIDTH, TOP + HEIGHT - up * HEIGHT

    out = [f'<text x="{x}" y="{TOP - 16}" font-weight="600">{title} ({unit})</text>']
    for exponent in range(x_low, x_high + 1):
        at = place(10.0**exponent, 10.0**y_low)[0]
        out.append(f'<path d="M{at:.1f} {TOP}V{TOP + HEIGHT}" stroke="#ddd"/>')
        out.append(f'<text x="{at:.1f}" y="{TOP + HEIGHT + 18}" text-anchor="middle">{power(exponent)}</text>')
    for exponent in range(y_low, y_high + 1):
        at = place(10.0**x_low, 10.0**exponent)[1]
        out.append(f'<path d="M{x} {at:.1f}H{x + WIDTH}" stroke="#ddd"/>')
        out.append(f'<text x="{x - 6}" y="{at + 4:.1f}" text-anchor="end">{power(exponent)}</text>')
    # Names stand at the lines' ends, from the top down, and keep apart.
    lines = sorted(zip(series.items(), COLOURS), key=lambda line: -line[0][1][-1][1])
    below = float(TOP)
    for (name, line), colour in lines:
        placed = [place(*point) for point in line]
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in placed)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3" fill="{colour}"/>' for px, py in placed]
        below = max(below, placed[-1][1])
        out.append(f'<text x="{placed[-1][0] + 8:.1f}" y="{below + 4:.1f}" fill="{colour}">{name}</text>')
        below += 14
    out.append(f'<text x="{x + WIDTH / 2}" y="{TOP + HEIGHT + 36}" text-anchor="middle">transfers</text>')
    return out


def draw(results: list[dict[str, Any]]) -> str:
    """The picture as text."""
    three = panels(results)
    width, height = LEFT + len(three) * (WIDTH + GAP), TOP + HEIGHT + 50
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="12" fill="#222">',
        "<title>How cost grows with the number of transfers</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for position, (title, unit, series) in enumerate(three):
        parts += panel(LEFT + position * (WIDTH + GAP), title, unit, series)
    return "\n".join([*parts, "</svg>"]) + "\n"
