"""Freehand points: written as flat integers and read back, thinned without leaving the hand's way."""

import pytest
from board_room import open_board_page, run
from module_page import ModulePage

pytestmark = pytest.mark.browser


def test_points_are_flat_differences_and_come_back(module_page: ModulePage) -> None:
    open_board_page(module_page)
    flat, back = run(
        module_page,
        """
        const flat = strokes.encode([[100.4, 200], [103, 199.6], [103, 200], [-50, 12000]]);
        return [flat, strokes.decode(flat)];
        """,
    )
    assert flat == [100, 200, 3, 0, -153, 11800]
    assert back == [[100, 200], [103, 200], [-50, 12000]]


def test_random_strokes_survive_coding_and_stay_in_the_schema(module_page: ModulePage) -> None:
    open_board_page(module_page)
    worst = run(
        module_page,
        """
        let worst = 0;
        for (let round = 0; round < 200; round += 1) {
          const points = Array.from({length: 1 + Math.floor(Math.random() * 300)}, () =>
            [Math.random() * 16000 - 3000, Math.random() * 16000 - 3000]);
          const flat = strokes.encode(points);
          if (flat.length % 2 || !flat.every(Number.isInteger)) return "not flat integers";
          const back = strokes.decode(flat);
          if (back.some((pair) => pair.some((value) => value < -2000 || value > 12000))) return "out of reach";
          if (JSON.stringify(strokes.encode(back)) !== JSON.stringify(flat)) return "not the same again";
          worst = Math.max(worst, ...points.map(([x, y]) => Math.min(...back.map(([bx, by]) =>
            Math.hypot(bx - strokes.clampCoordinate(x), by - strokes.clampCoordinate(y))))));
        }
        return worst;
        """,
    )
    assert worst == 0


def test_thinning_keeps_ends_and_corners_and_drops_most(module_page: ModulePage) -> None:
    open_board_page(module_page)
    kept, farthest, count = run(
        module_page,
        """
        const wave = Array.from({length: 800}, (_, at) => [1000 + at * 10, 5000 + 2000 * Math.sin(at / 60)]);
        const thin = strokes.simplify(wave);
        const pixels = thin.map(strokes.toPixels);
        const away = wave.map(strokes.toPixels).map((point) => Math.min(...pixels.slice(1).map((to, at) =>
          strokes.distanceToSegment(point, pixels[at], to))));
        const corner = strokes.simplify([[0, 0], [500, 0], [1000, 0], [1000, 700], [1000, 1400]]);
        return [corner, Math.max(...away), thin.length];
        """,
    )
    assert kept == [[0, 0], [1000, 0], [1000, 1400]]
    assert farthest <= 0.8
    assert count < 80
