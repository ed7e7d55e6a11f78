"""Sentences of scripts in the language of the page, with their places filled and the right form for a number."""

import pytest
from module_page import ModulePage

SAY = """
    document.documentElement.lang = arg;
    const { t, tn } = await import("/js/lib/words.js");
    return [
      t("Undo"),
      t("%(name)s is writing…", { name: "Ben" }),
      ...[0, 1, 2].map((count) => tn("1 new message", "%(num)s new messages", count)),
      t("A sentence that no catalogue has: %(what)s", { what: "%(name)s" }),
    ];
"""


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["Undo", "Ben is writing…", "0 new messages", "1 new message", "2 new messages"]),
        ("de", ["Rückgängig", "Ben schreibt …", "0 neue Nachrichten", "1 neue Nachricht", "2 neue Nachrichten"]),
        ("xx", ["Undo", "Ben is writing…", "0 new messages", "1 new message", "2 new messages"]),
    ],
)
def test_scripts_speak_the_language_of_the_page(module_page: ModulePage, language: str, said: list[str]) -> None:
    # What fills a place is not searched for places itself.
    assert module_page.run(SAY, language) == [*said, "A sentence that no catalogue has: %(name)s"]
