import pytest

from elearn.networks import network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:DB8:0:0:ffff:ffff:ffff:ffff", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("::1", "::/64"),
        ("", ""),
        ("localhost", "localhost"),
        ("203.0.113.9:443", "203.0.113.9:443"),
    ],
)
def test_a_budget_counts_the_line_and_not_the_machine(address: str, network: str) -> None:
    assert network_of(address) == network
