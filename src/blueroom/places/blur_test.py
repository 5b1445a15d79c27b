from __future__ import annotations

import math
from random import Random

from blueroom.places.blur import CELL_KM, UNITS, cell_of, degrees_of


def apart_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Along the great circle."""
    (lat, lon), (lat2, lon2) = (tuple(map(math.radians, point)) for point in (one, other))
    half = math.sin((lat2 - lat) / 2) ** 2
    half += math.cos(lat) * math.cos(lat2) * math.sin((lon2 - lon) / 2) ** 2
    return 2 * 6371 * math.asin(math.sqrt(half))


def test_cells_are_as_wide_as_promised_everywhere() -> None:
    rng = Random("cells")
    for _ in range(20):
        lat, lon = rng.uniform(-85, 85), rng.uniform(-179, 179)
        x, y = cell_of(lat, lon)
        shown = degrees_of(x, y)
        # Steps of a hundredth of a cell leave it only after its whole width and height.
        wide = sum(cell_of(lat, lon + n * 1e-4) == (x, y) for n in range(-4000, 4000)) * 1e-4
        tall = sum(cell_of(lat + n * 1e-4, lon)[1] == y for n in range(-100, 100)) * 1e-4

        assert wide * 111.2 * math.cos(math.radians(lat)) >= 0.95 * CELL_KM
        assert tall * 111.2 >= 0.95 * CELL_KM
        assert apart_km((lat, lon), shown) < 2 * CELL_KM


def test_cell_holds_points_that_are_near_and_no_others() -> None:
    assert cell_of(48.8566, 2.3522) == cell_of(48.8568, 2.3524)
    assert cell_of(48.8566, 2.3522) != cell_of(48.8766, 2.3522)


def test_cells_of_the_edges_fit_in_16_bits() -> None:
    for lat in (-90.0, 0.0, 90.0):
        for lon in (-180.0, 180.0):
            assert all(0 <= part < UNITS for part in cell_of(lat, lon))
