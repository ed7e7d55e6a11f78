"""Somebody cuts their photo, changes the language, takes their data along, and goes."""

import re
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Route, expect

from elearn.extensions import db
from elearn.integrations.storage import storage
from elearn.models import User
from tests import make
from tests.journeys.browsing import Guest
from tests.people import People

pytestmark = pytest.mark.browser

Arrive = Callable[..., Guest]
RED, GREEN, BLUE = (220, 0, 0), (0, 160, 0), (0, 0, 220)


def striped(path: Path) -> Path:
    """Draw a wide picture: red at the left, green in the middle, blue at the right."""
    image = Image.new("RGB", (900, 300))
    for number, colour in enumerate((RED, GREEN, BLUE)):
        image.paste(colour, (300 * number, 0, 300 * (number + 1), 300))
    image.save(path)
    return path


def colours_of(user_id: object) -> tuple[list[str], int]:
    """Return which colours the kept photo has at its left, middle and right, and how wide it is."""
    db.session.rollback()
    user = db.session.get_one(User, user_id)
    assert user.photo
    with storage().open("photos", user.photo) as file, Image.open(file) as image:
        side, middle = image.width, image.height // 2
        assert image.width == image.height
        found = []
        for x in (side // 20, side // 2, side * 19 // 20):
            pixel = image.convert("RGB").getpixel((x, middle))
            assert isinstance(pixel, tuple)
            found.append("rgb"[max(range(3), key=lambda channel: pixel[channel])])
        return found, side


def test_a_photo_is_cut_by_keyboard_pointer_and_slider(
    app: Flask, arrive: Arrive, school: People, tmp_path: Path
) -> None:
    page = arrive(school.ben).page
    page.goto("/you/edit")
    expect(page.locator("[data-crop]")).to_be_hidden()
    page.locator("#photo").set_input_files(striped(tmp_path / "wide.png"))
    square = page.get_by_role("application", name="Cut-out of the photo")
    expect(square).to_be_visible()
    square.focus()
    for _ in range(10):
        page.keyboard.press("Shift+ArrowRight")
    page.get_by_role("button", name="Save profile").click()
    expect(page.get_by_text("Profile saved.")).to_be_visible()
    assert colours_of(school.ben.id) == (["b", "b", "b"], 300)

    page.goto("/you/edit")
    page.locator("#photo").set_input_files(tmp_path / "wide.png")
    expect(square).to_be_visible()
    box = square.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"], box["y"] + box["height"] / 2, steps=4)  # half a square to the left
    page.mouse.up()
    page.get_by_role("button", name="Save profile").click()
    expect(page.get_by_text("Profile saved.")).to_be_visible()
    assert colours_of(school.ben.id)[0][::2] == ["r", "g"]

    page.goto("/you/edit")
    page.locator("#photo").set_input_files(tmp_path / "wide.png")
    slider = page.get_by_label("Zoom")
    slider.fill("300")
    expect(slider).to_have_attribute("aria-valuetext", "3.0 times")
    page.get_by_role("button", name="Save profile").click()
    expect(page.get_by_text("Profile saved.")).to_be_visible()
    assert colours_of(school.ben.id) == (["g", "g", "g"], 100)


def test_a_photo_chosen_before_the_scripts_came_is_cut_too(arrive: Arrive, school: People, tmp_path: Path) -> None:
    page = arrive(school.ben).context.new_page()  # without the patience of a tab
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(re.compile(r"/(crop|photo)[^/]*\.js"), hold)
    page.goto("/you/edit")
    page.locator("#photo").set_input_files(striped(tmp_path / "wide.png"))
    expect(page.locator("html")).to_have_attribute("data-mounting", "")
    for route in held:
        route.continue_()
    expect(page.get_by_role("application", name="Cut-out of the photo")).to_be_visible()
    expect(page.get_by_text("wide.png")).to_be_visible()


def test_without_scripts_the_server_takes_the_middle(
    app: Flask, arrive: Arrive, school: People, tmp_path: Path
) -> None:
    page = arrive(school.ben, java_script_enabled=False).page
    page.goto("/you/edit")
    page.locator("#photo").set_input_files(striped(tmp_path / "wide.png"))
    page.get_by_role("button", name="Save profile").click()
    assert colours_of(school.ben.id) == (["g", "g", "g"], 300)


def test_another_language_speaks_at_once(arrive: Arrive, school: People) -> None:
    page = arrive(school.ben).page
    page.goto("/you/preferences")
    page.get_by_label("Language").select_option(label="Deutsch")
    page.get_by_label("Dark").check()
    page.get_by_role("button", name="Save preferences").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_one_takes_the_data_along_and_goes(app: Flask, arrive: Arrive, school: People) -> None:
    guest = arrive(school.ben)
    page, other = guest.page, guest.tab()
    page.goto("/you/data")
    page.get_by_role("button", name="Make a copy of your data").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download your data").click()
    data = zipfile.ZipFile(BytesIO(download.value.path().read_bytes())).read("data.json").decode()
    assert school.ben.email in data
    other.goto("/you")
    page.get_by_role("link", name="Delete your account").click()
    page.get_by_label("Your password").fill(make.PASSWORD)
    page.get_by_role("button", name="Delete your account for good").click()
    expect(page.get_by_text("Your account is deleted.")).to_be_visible()
    other.reload()
    expect(other).to_have_url(f"{guest.url}/sign-in?next=/you")
    db.session.rollback()
    assert db.session.get_one(User, school.ben.id).full_name == "Former member"
