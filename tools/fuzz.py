"""Try the API with many more examples than the tests do: `tests/api/test_schemathesis.py`, turned up.

    python -m tools.fuzz --examples 2000 --role manager --role student

Every operation of the document is called with so many requests that it allows and as many that it forbids, as each of
these kinds of people. 2,000 examples take an hour or two for each role.
"""

import argparse
import os
import sys

import pytest

ROLES = ("visitor", "student", "teacher", "manager", "admin")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=200, help="how many for each operation (200)")
    parser.add_argument("--role", action="append", choices=ROLES, help="as whom; all of them when left out")
    chosen = parser.parse_args()
    os.environ["FUZZ_EXAMPLES"] = str(chosen.examples)
    os.environ["FUZZ_ROLES"] = " ".join(chosen.role or ROLES)
    return pytest.main(["tests/api/test_schemathesis.py", "--timeout", "0", "-v"])


if __name__ == "__main__":
    sys.exit(main())
