"""Photos: what is sent in is checked by content, and only what we drew ourselves is kept."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image

from elearn.errors import Invalid
from elearn.integrations.offload import offload
from elearn.languages import lazy

SIDE = 512  # pixels; the largest place that shows a photo is 96, on a screen of up to four dots a pixel
MIMETYPE, SUFFIX = "image/webp", ".webp"
KINDS = ("JPEG", "PNG", "WEBP")

# What decoding may take in memory, and what one pixel takes at its peak, measured: a plain JPEG is scaled down while it
# is read, a progressive one keeps all its coefficients, PNG and WebP are decoded whole, WebP through several buffers.
MEMORY = 128 * 2**20
PLAIN_JPEG, PROGRESSIVE_JPEG, PNG, WEBP = 1, 6, 9, 16
MAX_SCANS = 64  # an ordinary progressive JPEG has about ten; thousands are a bomb of time
_SCAN = b"\xff\xda"

_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Everything that Pillow raises about bytes that are not what they say.
_BROKEN = (
    OSError, SyntaxError, ValueError, TypeError, AttributeError, LookupError, EOFError, OverflowError, RuntimeError,
    struct.error, zlib.error, Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip


def square_photo(data: bytes, *, max_pixels: int) -> bytes:
    """Return the middle of the photo as a square WebP of at most 512 pixels, upright and without anything but pixels.

    Raises `Invalid` for what is not a JPEG, PNG or WebP, for what is damaged, and for what would take too much.
    """
    try:
        return offload(_square, data, max_pixels)
    except _UnfitError as unfit:
        raise Invalid("invalid_photo", str(unfit.sentence), field="photo") from unfit


class _UnfitError(Exception):
    """Carries the sentence out of the thread, which knows no reader and no language."""

    def __init__(self, sentence: Any) -> None:
        super().__init__()
        self.sentence = sentence


def _square(data: bytes, max_pixels: int) -> bytes:
    try:
        image = Image.open(BytesIO(data), formats=KINDS)
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(max_pixels) from error
    except _BROKEN as error:
        raise _UnfitError(lazy("Choose a JPEG, PNG or WebP photo")) from error
    with image:
        _check_cost(image, data, max_pixels)
        try:
            return _redraw(image)
        except (*_BROKEN, MemoryError) as error:
            raise _UnfitError(lazy("This photo is damaged. Choose another")) from error


def _too_many_pixels(most: int) -> _UnfitError:
    return _UnfitError(
        lazy("This photo has too many pixels. Choose one of at most %(most)s million", most=most // 1_000_000)
    )


def _check_cost(image: Image.Image, data: bytes, max_pixels: int) -> None:
    """Refuse by what the header says, before anything is decoded; a decoder never writes more than that."""
    if image.format in {"JPEG", "MPO"}:
        cost = PROGRESSIVE_JPEG if image.info.get("progressive") else PLAIN_JPEG
        if data.count(_SCAN) > MAX_SCANS:
            raise _UnfitError(lazy("This photo is damaged. Choose another"))
    else:
        cost = PNG if image.format == "PNG" else WEBP
    most = min(max_pixels, MEMORY // cost)
    if image.width * image.height > most:
        raise _too_many_pixels(most)


def _redraw(image: Image.Image) -> bytes:
    turn = _UPRIGHT.get(_orientation(image))
    image.draft("RGB", (SIDE, SIDE))  # only JPEG can: decode at a half, a quarter or an eighth
    width, height = image.size
    short = min(width, height)
    left, top = (width - short) // 2, (height - short) // 2
    if image.mode in {"P", "1"}:  # an index of colours cannot be scaled
        image = image.convert("RGBA")
    side = min(short, SIDE)
    middle = (left, top, left + short, top + short)
    small = image.resize((side, side), Image.Resampling.LANCZOS, box=middle, reducing_gap=2.0)
    if turn is not None:
        small = small.transpose(turn)
    if small.mode.startswith("I"):  # 16 bits of grey: keep the upper eight
        small = small.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    # A canvas of our own carries no EXIF, no profile and no comment along.
    canvas = Image.new("RGB", small.size, "white")
    opaque = small.convert("RGB").convert("RGBA") if small.mode == "CMYK" else small.convert("RGBA")
    canvas.paste(opaque, mask=opaque.getchannel("A"))
    out = BytesIO()
    canvas.save(out, "WEBP", quality=84, method=4)
    return out.getvalue()


def _orientation(image: Image.Image) -> int:
    """Return how the camera was held; damaged notes beside a good picture are no reason to refuse it."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except _BROKEN:
        return 1
