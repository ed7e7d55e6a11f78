"""Start Chromium for tests, with a microphone that hears a tone."""

import contextlib
import math
import struct
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Browser, Playwright

from tests.services_for_tests import CHROMIUM, missing

ARGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
LaunchChromium = Callable[..., Browser]


@contextlib.contextmanager
def launching(playwright: Playwright) -> Iterator[LaunchChromium]:
    """Yield a function that starts Chromium with further arguments; each one is closed at the end."""
    if CHROMIUM is None:
        missing("Chromium", "chromium")
    started: list[Browser] = []

    def launch(*further_args: str) -> Browser:
        started.append(playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGS, *further_args]))
        return started[-1]

    yield launch
    for browser in started:
        browser.close()


def write_tone(path: Path, hertz: float = 440, seconds: float = 4, silence: float = 0) -> None:
    """Write a tone, with a stretch of silence behind it."""
    rate = 48000
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        samples = (int(12000 * math.sin(2 * math.pi * hertz * i / rate)) for i in range(int(seconds * rate)))
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples) + bytes(2 * int(silence * rate)))
