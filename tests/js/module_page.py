"""What the fixture `module_page` hands to a test."""

from typing import Any

from playwright.sync_api import Page


class ModulePage:
    """One page of the static server, with `run` for code that imports our modules."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def run(self, code: str, arg: Any = None) -> Any:
        """Evaluate the body of an async function; `arg` holds what was passed, `return` what comes back as JSON.

        Example: `module_page.run('const {add} = await import("/js/x/add.js"); return add(arg, 1);', 2)`.
        """
        return self.page.evaluate(f"async (arg) => {{ {code} }}", arg)
