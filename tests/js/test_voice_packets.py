"""The frame packet of /audio: what is written comes back, and what is damaged is refused."""

import pytest
from module_page import ModulePage

pytestmark = pytest.mark.browser

IMPORT = 'const packets = await import("/js/classroom/voice/packets.js");'


def test_packet_has_the_bytes_of_the_contract(module_page: ModulePage) -> None:
    written = module_page.run(
        IMPORT
        + """
        const packet = packets.encodePacket({stream: 7, sequence: 0x1234, timestamp: 0xA1B2C3D4, flags: 1,
                                             frames: [Uint8Array.of(9, 8), Uint8Array.of(5)]});
        return [...new Uint8Array(packet)];
        """
    )
    assert bytes(written) == bytes.fromhex("11 07 1234 a1b2c3d4 0002 0908 0001 05")


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_packet_comes_back_as_it_was_written(module_page: ModulePage, count: int) -> None:
    packet = {
        "stream": 255,
        "sequence": 65535,
        "timestamp": 4294967295,
        "flags": 15,
        "frames": [[(n * 7 + i) % 256 for i in range(1 + n * 60)] for n in range(count)],
    }
    read = module_page.run(
        IMPORT
        + """
        const written = packets.encodePacket({...arg, frames: arg.frames.map((bytes) => Uint8Array.from(bytes))});
        const inside = new Uint8Array(written.byteLength + 5);   // a view into a larger buffer, as libraries hand out
        inside.set(new Uint8Array(written), 3);
        const read = packets.decodePacket(inside.subarray(3, 3 + written.byteLength));
        return {...read, frames: read.frames.map((frame) => [...frame])};
        """,
        packet,
    )
    assert read == packet


@pytest.mark.parametrize(
    "damaged",
    [
        "",
        "10",
        "10 01 0001 00000000",  # no frame
        "10 01 0001 00000000 0000",  # an empty frame
        "10 01 0001 00000000 0003 0102",  # shorter than it says
        "10 01 0001 00000000 0001 01 00",  # half a length behind the frame
        "10 01 0001 00000000 0001 01 0002 05",  # the second frame is cut
        "00 01 0001 00000000 0001 01",  # version 0
        "20 01 0001 00000000 0001 01",  # version 2
        "10 01 0001 00000000" + " 0001 01" * 6,  # six frames
        "10 01 0001 00000000 ffff 01",
    ],
)
def test_damaged_packet_is_refused(module_page: ModulePage, damaged: str) -> None:
    read = module_page.run(
        IMPORT + "return packets.decodePacket(Uint8Array.from(arg).buffer);", list(bytes.fromhex(damaged))
    )
    assert read is None


@pytest.mark.parametrize("junk", ['"text"', "null", "undefined", "{}", "[1,2,3]", "new Float32Array(0)"])
def test_what_is_no_bytes_is_refused(module_page: ModulePage, junk: str) -> None:
    assert module_page.run(IMPORT + f"return packets.decodePacket({junk});") is None


def test_every_cut_of_a_good_packet_is_refused(module_page: ModulePage) -> None:
    accepted = module_page.run(
        IMPORT
        + """
        const whole = new Uint8Array(packets.encodePacket({stream: 1, sequence: 2, timestamp: 3,
                                                           frames: [new Uint8Array(20), new Uint8Array(30)]}));
        const accepted = [];
        for (let end = 0; end < whole.length; end += 1) {
          if (packets.decodePacket(whole.slice(0, end))) accepted.push(end);
        }
        return accepted;
        """
    )
    assert accepted == [8 + 2 + 20], "only the cut between two frames is a packet of its own"


@pytest.mark.parametrize(
    "packet",
    [
        "{stream: 1, sequence: 0, timestamp: 0, frames: []}",
        "{stream: 1, sequence: 0, timestamp: 0, frames: Array(6).fill(new Uint8Array(1))}",
        "{stream: 1, sequence: 0, timestamp: 0, frames: [new Uint8Array(0)]}",
        "{stream: 1, sequence: 0, timestamp: 0, frames: [new Uint8Array(1501)]}",
        "{stream: 256, sequence: 0, timestamp: 0, frames: [new Uint8Array(1)]}",
        "{stream: undefined, sequence: 0, timestamp: 0, frames: [new Uint8Array(1)]}",
    ],
)
def test_packet_outside_of_the_contract_is_not_written(module_page: ModulePage, packet: str) -> None:
    name = module_page.run(
        IMPORT + f"try {{ packets.encodePacket({packet}); return null; }} catch (error) {{ return error.name; }}"
    )
    assert name == "RangeError"


def test_counters_go_on_where_they_wrap_around(module_page: ModulePage) -> None:
    seen = module_page.run(
        IMPORT
        + """
        const time = new packets.Unwrapper(32);
        const times = [4294966336, 0, 960, 4294966336, 1920].map((value) => time.next(value) - 4294966336);
        const watch = new packets.SequenceWatch();
        const accepted = [65533, 65534, 0, 65535, 0, 1, 65534, 4].map((value) => watch.accept(value));
        return {times, accepted, lost: watch.lost};
        """
    )
    assert seen["times"] == [0, 960, 1920, 0, 2880]
    assert seen["accepted"] == [True, True, True, True, False, True, False, True]
    assert seen["lost"] == 2, "2 and 3 never came; 65535 came late"
