"""The frame packet of /audio: what is written comes back, and what is damaged is refused."""

import pytest
from module_page import ModulePage

pytestmark = pytest.mark.browser


def test_packet_has_the_bytes_of_the_contract(module_page: ModulePage) -> None:
    written = module_page.run(
        """
        const {encodePacket} = await import("/js/classroom/voice/packets.js");
        const packet = encodePacket({stream: 7, sequence: 0x1234, timestamp: 0xA1B2C3D4, flags: 1,
                                     frames: [Uint8Array.of(9, 8), Uint8Array.of(5)]});
        return [...new Uint8Array(packet)];
        """
    )
    assert bytes(written) == bytes.fromhex("11 07 1234 a1b2c3d4 0002 0908 0001 05")
