"""Pictures for tests: good ones, and ones that want to do harm."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def photo(kind: str = "JPEG", size: tuple[int, int] = (640, 480), color: str = "teal") -> bytes:
    return encoded(Image.new("RGB", size, color), kind)


def with_exif(orientation: int = 1) -> bytes:
    """Make a photo with a camera's notes: left half red, right half blue, as the sensor saw it."""
    image = Image.new("RGB", (600, 600), "red")
    image.paste("blue", (300, 0, 600, 600))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Canary Cameras"
    exif.get_ifd(0x8825)[1] = "N"
    return encoded(image, exif=exif, comment=b"Canary comment", quality=95)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def one_bit_png(width: int, height: int) -> bytes:
    """Make a tiny file that says it is a huge picture."""
    body = zlib.compress(bytes((width + 7) // 8 + 1) * min(height, 10_000), 9)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def lying_webp(width: int, height: int) -> bytes:
    """Make a small WebP whose extended header claims a huge canvas."""
    small = photo("WEBP", (16, 16))[12:]
    canvas = struct.pack("<I", 0) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBP" + b"VP8X" + struct.pack("<I", len(canvas)) + canvas + small
    return b"RIFF" + struct.pack("<I", len(body)) + body


def lying_jpeg() -> bytes:
    """Make a JPEG whose header says 65000 x 65000."""
    data = bytearray(photo("JPEG", (64, 64)))
    start = data.index(b"\xff\xc0")
    data[start + 5 : start + 9] = struct.pack(">HH", 65000, 65000)
    return bytes(data)


def many_scans() -> bytes:
    """Make a progressive JPEG that wants to be drawn over and over."""
    data = encoded(Image.new("RGB", (64, 64), "red"), progressive=True)
    start = data.index(b"\xff\xda")
    end = data.index(b"\xff", start + 2 + int.from_bytes(data[start + 2 : start + 4], "big"))
    return data[:start] + data[start:end] * 500 + data[start:]


def gif(frames: int = 3) -> bytes:
    first, *rest = [Image.new("P", (64, 64), number % 256) for number in range(frames)]
    return encoded(first, "GIF", save_all=True, append_images=rest)


HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "words": b"This is not a photo.",
    "html as png": b"<!doctype html><script>alert(1)</script>",
    "html after a png head": b"\x89PNG\r\n\x1a\n<script>alert(1)</script>",
    "svg with script": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "pdf": b"%PDF-1.7\n1 0 obj << /OpenAction << /S /JavaScript >> >> endobj",
    "gif": gif(),
    "gif of 10 000 frames": gif(2) + b"\x2c" * 10_000,
    "bmp": encoded(Image.new("RGB", (64, 64)), "BMP"),
    "tiff": encoded(Image.new("RGB", (64, 64)), "TIFF"),
    "bomb of 9 000 x 9 000": one_bit_png(9_000, 9_000),
    "bomb of 60 000 x 60 000": one_bit_png(60_000, 60_000),
    "bomb below Pillow's own limit": one_bit_png(9_000, 4_500),
    "jpeg that lies about its size": lying_jpeg(),
    "webp that lies about its size": lying_webp(16_384, 16_384),
    "jpeg of 500 scans": many_scans(),
    "truncated jpeg": photo(size=(1200, 900))[:2000],
    "truncated png": photo("PNG", (1200, 900))[:200],
    "truncated webp": photo("WEBP", (1200, 900))[:60],
    "jpeg head and nothing": b"\xff\xd8\xff\xe0" + bytes(200),
}
