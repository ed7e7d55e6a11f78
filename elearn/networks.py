"""Network addresses, as budgets count them."""

from ipaddress import IPv6Address, ip_address, ip_network

OF_ONE_LINE = 64  # bits that a provider gives to one line of IPv6; whoever has it picks the other 64 freely


def network_of(address: str) -> str:
    """Return what one household or school counts as: an IPv4 address, or the /64 of an IPv6 one.

    Whatever is no address counts as itself.
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or ip_network((int(found), OF_ONE_LINE), strict=False))
