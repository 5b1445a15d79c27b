"""How exactly a place may be shown: no finer than a cell of 0.6 km, whoever's post it is.

A cell is a pair of 16-bit numbers: `x` counts 65,536ths of 360 degrees from 180 degrees west, `y`
65,536ths of 180 degrees from the North Pole. Rows are two of these high (0.61 km), and as many
wide as that takes: meridians come together towards the poles.
"""

from __future__ import annotations

import math

CELL_KM = 0.6
UNITS = 65_536
_ROWS = UNITS // 2
_UNIT_KM = 40_008 / UNITS  # along the equator; the meridian through the poles is as long


def cell_of(lat: float, lon: float) -> tuple[int, int]:
    """The middle of the cell that holds these degrees (WGS 84), as (x, y)."""
    row = min(_ROWS - 1, max(0, int((90 - lat) / 180 * _ROWS)))
    wide = _units_wide(row)
    unit = int((lon + 180) / 360 * UNITS) % UNITS
    x = unit // wide * wide + wide // 2
    return min(x, UNITS - 1), 2 * row + 1


def degrees_of(x: int, y: int) -> tuple[float, float]:
    """The latitude and longitude that a cell is drawn at."""
    return 90 - y / UNITS * 180, x / UNITS * 360 - 180


def _units_wide(row: int) -> int:
    nearest_pole = max(abs(90 - row / _ROWS * 180), abs(90 - (row + 1) / _ROWS * 180))
    unit_km = _UNIT_KM * math.cos(math.radians(min(89.9, nearest_pole)))
    return min(UNITS, math.ceil(CELL_KM / unit_km))
