"""Say what was done, with a button that takes it back."""

from flask import flash


def flash_with_undo(text: str, href: str, **fields: str) -> None:
    """Show the sentence on the next page; Undo sends a POST to the address, with the fields."""
    flash({"text": text, "undo": {"href": href, "fields": fields}}, "success")  # type: ignore[arg-type]
