"""The catalogues are whole, of today, and say the same places in every language; `make words` keeps them so."""

import re

import pytest
from babel.messages.catalog import Catalog, Message

from elearn.languages import DEFAULT, LANGUAGES
from tools import words

OTHERS = sorted(set(LANGUAGES) - {DEFAULT})
PLACE = re.compile(r"%\((\w+)\)[sd]")
STRAY = re.compile(r"%(?!\(\w+\)[sd]|%)")


@pytest.fixture(scope="module")
def sentences() -> Catalog:
    return words.collect()


@pytest.fixture(params=OTHERS)
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    return words.read(request.param)


def messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def in_english(message: Message) -> list[str]:
    return [message.id] if isinstance(message.id, str) else list(message.id)


def in_other_words(message: Message) -> list[str]:
    return [message.string or ""] if isinstance(message.string, str | None) else list(message.string)


def test_there_is_a_second_language() -> None:
    assert OTHERS
    assert all(words.po_file(language).exists() for language in OTHERS)


def test_every_sentence_is_translated_in_all_its_forms(catalogue: Catalog) -> None:
    assert len(messages(catalogue)) > 1000
    assert words.missing(catalogue) == []
    assert [one.id for one in messages(catalogue) if len(in_other_words(one)) != len(in_english(one))] == []


def test_the_catalogue_has_the_sentences_of_the_code(catalogue: Catalog, sentences: Catalog) -> None:
    def known(among: Catalog) -> set[str]:
        return {" | ".join(in_english(one)) for one in messages(among)}

    assert known(catalogue) == known(sentences), "run `make words`, then translate what is new"


@pytest.mark.parametrize("language", OTHERS)
def test_the_files_are_what_make_words_writes(language: str, sentences: Catalog) -> None:
    catalogue = words.updated(language, sentences)
    path = words.po_file(language)
    assert path.read_bytes() == words.as_po(catalogue)
    assert path.with_suffix(".mo").read_bytes() == words.as_mo(catalogue)
    assert (words.SCRIPTS / "words" / f"{language}.js").read_text() == words.as_script(catalogue)


def test_places_are_the_same_in_both_languages(catalogue: Catalog) -> None:
    def places(texts: list[str]) -> set[str]:
        return {name for text in texts for name in PLACE.findall(text)}

    odd = [one.id for one in messages(catalogue) if places(in_english(one)) != places(in_other_words(one))]
    assert odd == []
    # A form may leave the number out, as "1 student" does; what it names must be filled, so a stray % breaks it.
    stray = [
        text for one in messages(catalogue) for text in in_other_words(one) if re.search(r"%(?!\(\w+\)[sd]|%)", text)
    ]
    assert stray == []


def test_nothing_is_guessed(catalogue: Catalog) -> None:
    assert [one.id for one in messages(catalogue) if one.fuzzy] == []


def test_german_speaks_to_people_as_du() -> None:
    catalogue = words.read("de")
    formal = re.compile(r"\b(Sie haben|Sie können|Ihre[mnrs]? Konto|Ihr Konto|klicken Sie|bitte Sie)\b")
    assert [text for one in messages(catalogue) for text in in_other_words(one) if formal.search(text)] == []
    assert [text for one in messages(catalogue) for text in in_other_words(one) if "!" in text] == []
