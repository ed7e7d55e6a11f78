import resource
import time
from io import BytesIO

import pytest
from PIL import Image

from elearn.errors import Invalid
from elearn.integrations import images
from tests import pictures

CAP = 40_000_000


def drawn(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(images.square_photo(data, max_pixels=CAP)))
    image.load()
    return image


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(("size", "side"), [((640, 480), 480), ((2400, 3200), 512), ((40, 30), 30), ((1, 1), 1)])
def test_a_photo_becomes_a_square_webp(kind: str, size: tuple[int, int], side: int) -> None:
    image = drawn(pictures.photo(kind, size))
    assert (image.format, image.size) == ("WEBP", (side, side))


def test_the_middle_is_kept() -> None:
    wide = Image.new("RGB", (900, 300), "red")
    wide.paste("green", (300, 0, 600, 300))
    image = drawn(pictures.encoded(wide, "PNG")).convert("RGB")
    for corner in ((3, 3), (290, 3), (3, 290), (290, 290)):
        red, green, _ = image.getpixel(corner)
        assert green > 100 > red


# Where the red half of the sensor stands once the photo is upright.
@pytest.mark.parametrize(
    ("orientation", "red_at"),
    [(1, "left"), (2, "right"), (3, "right"), (4, "left"), (5, "top"), (6, "top"), (7, "bottom"), (8, "bottom")],
)
def test_a_photo_stands_upright(orientation: int, red_at: str) -> None:
    places = {"left": (20, 256), "right": (490, 256), "top": (256, 20), "bottom": (256, 490)}
    red, _, blue = drawn(pictures.with_exif(orientation)).convert("RGB").getpixel(places[red_at])
    assert red > 200
    assert blue < 60


def test_nothing_but_pixels_is_kept() -> None:
    data = images.square_photo(pictures.with_exif(6), max_pixels=CAP)
    assert b"Canary" not in data
    image = Image.open(BytesIO(data))
    assert not image.getexif()
    assert not {"exif", "xmp", "icc_profile", "comment"} & image.info.keys()


@pytest.mark.parametrize(
    ("mode", "kind", "color", "seen"),
    [
        ("RGBA", "PNG", (255, 0, 0, 0), (255, 255, 255)),
        ("LA", "PNG", (90, 255), (90, 90, 90)),
        ("L", "JPEG", 90, (90, 90, 90)),
        ("1", "PNG", 1, (255, 255, 255)),
        ("I;16", "PNG", 40_000, (156, 156, 156)),
        ("CMYK", "JPEG", (255, 0, 0, 0), (0, 255, 255)),
        ("P", "PNG", 0, (0, 0, 0)),
    ],
)
def test_every_kind_of_pixel_is_understood(mode: str, kind: str, color: object, seen: tuple[int, int, int]) -> None:
    image = Image.new(mode, (300, 200), color)  # type: ignore[arg-type]
    if mode == "P":
        image.putpalette([0, 0, 0, 255, 255, 255])
    found = drawn(pictures.encoded(image, kind)).convert("RGB").getpixel((100, 100))
    assert all(abs(one - other) <= 6 for one, other in zip(found, seen, strict=True)), found


@pytest.mark.parametrize("name", pictures.HOSTILE)
def test_a_hostile_file_is_refused_quickly_with_a_plain_sentence(name: str) -> None:
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    with pytest.raises(Invalid) as caught:
        images.square_photo(pictures.HOSTILE[name], max_pixels=CAP)
    assert list(caught.value.fields) == ["photo"]
    assert caught.value.message.split()[0] in {"Choose", "This"}
    assert time.monotonic() - began < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150 * 1024


def test_the_largest_that_is_accepted_stays_within_the_memory_that_was_planned() -> None:
    side = int((images.MEMORY // images.PNG) ** 0.5)
    data = pictures.encoded(Image.new("P", (side, side)), "PNG")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    images.square_photo(data, max_pixels=CAP)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150 * 1024


def test_the_cap_of_the_settings_counts() -> None:
    with pytest.raises(Invalid, match="too many pixels"):
        images.square_photo(pictures.photo("JPEG", (200, 200)), max_pixels=39_999)
    images.square_photo(pictures.photo("JPEG", (200, 200)), max_pixels=40_000)
