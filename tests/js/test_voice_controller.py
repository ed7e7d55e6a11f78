"""What the room page relies on: through rights, reconnects, devices, slow lines and the browser's rules about sound."""

import json

import pytest
from module_page import ModulePage
from playwright.sync_api import ConsoleMessage
from voice_room import ROOM, in_lesson, in_room

pytestmark = pytest.mark.browser


def test_one_never_hears_oneself(tone_page: ModulePage) -> None:
    seen = in_room(
        tone_page,
        """
        const ada = person("ada", TONE);
        await ada.voice.joined();
        await ada.voice.listen(true);
        await ada.voice.speak();
        await until(() => server.frames.length > 10);
        return {state: ada.state, sound: (await analyse(ada.voice, 300)).decibels};
        """,
    )
    assert seen["state"]["speaking"] is True
    assert seen["state"]["listening"] is True
    assert seen["state"]["level"] > 0.3
    assert seen["state"]["streams"] == []
    assert seen["sound"] in (None, float("-inf"))


def test_two_people_are_heard_at_once(tone_page: ModulePage) -> None:
    streams = in_lesson(
        tone_page,
        """
        const cem = person("cem", TONE);
        await cem.voice.joined();
        await cem.voice.speak();
        await until(() => ben.state.streams.filter((stream) => stream.level > 0.3).length === 2);
        return ben.state.streams;
        """,
    )
    assert {stream["user"] for stream in streams} == {"ada", "cem"}


def test_listener_who_comes_late_hears_who_speaks_already(tone_page: ModulePage) -> None:
    assert in_lesson(
        tone_page,
        """
        const cem = person("cem");
        await cem.voice.joined();
        await cem.voice.listen(true);
        await until(() => cem.state.streams.some((stream) => stream.level > 0.3));
        return true;
        """,
    )


def test_mute_tells_the_room_and_sends_no_more(tone_page: ModulePage) -> None:
    seen = in_lesson(
        tone_page,
        """
        ada.voice.mute();
        await until(() => ben.state.streams.length === 0);
        const sent = server.frames.length;
        await sleep(400);
        return {after: server.frames.length - sent, state: ada.state, last: server.calls.at(-1)};
        """,
    )
    assert seen["after"] == 0
    assert seen["last"] == ["ada", "stop", {"room": "r1"}]
    assert seen["state"] == {"speaking": False, "listening": False, "level": 0, "streams": [], "problem": None}


def test_losing_the_right_mutes_at_once(tone_page: ModulePage) -> None:
    seen = in_lesson(
        tone_page,
        """
        ada.voice.setRights({speak: false});
        const state = ada.state;
        await until(() => ben.state.streams.length === 0);
        const refused = !(await ada.voice.speak());
        ada.voice.setRights({speak: true});
        const back = ada.state.problem;
        return {state, refused, back, again: await ada.voice.speak()};
        """,
    )
    assert seen["state"]["speaking"] is False
    assert seen["state"]["problem"]["code"] == "no_right"
    assert seen["refused"] is True
    assert seen["back"] is None
    assert seen["again"] is True


def test_server_that_refuses_is_believed(tone_page: ModulePage) -> None:
    state = in_room(
        tone_page,
        """
        const ada = person("ada", TONE);
        ada.link.refuse = {start: "forbidden"};
        await ada.voice.joined();
        const spoke = await ada.voice.speak();
        return {spoke, ...ada.state};
        """,
    )
    assert state["spoke"] is False
    assert state["problem"]["code"] == "no_right"


def test_reconnect_in_the_middle_goes_on_in_both_directions(tone_page: ModulePage) -> None:
    seen = in_lesson(
        tone_page,
        """
        ada.link.set(false);   // from here a sent frame throws
        const cut = ada.state;
        await sleep(300);
        ada.link.set(true);
        await ada.voice.joined();
        await until(hearing);
        const calls = server.calls.length;
        ben.link.set(false);
        const gone = ben.state;
        await sleep(200);
        ben.link.set(true);
        await ben.voice.joined();
        await until(hearing);
        return {cut, gone, state: ada.state, calls: server.calls.slice(calls)};
        """,
    )
    assert seen["cut"]["speaking"] is False
    assert seen["gone"]["streams"] == []
    assert seen["state"]["speaking"] is True
    assert seen["calls"] == [["ben", "listen", {"room": "r1", "on": True}]]


def test_pressing_before_the_room_is_joined_works_once_it_is(tone_page: ModulePage) -> None:
    calls = in_room(
        tone_page,
        """
        const ada = person("ada", TONE);
        await ada.voice.listen(true);
        await ada.voice.speak();
        const early = server.calls.length;
        await ada.voice.joined();
        await until(() => server.frames.length > 3);
        return [early, ...server.calls.map((call) => call[1])];
        """,
    )
    assert calls == [0, "listen", "start"]


def test_mute_while_the_microphone_is_still_asked_for(tone_page: ModulePage) -> None:
    seen = in_room(
        tone_page,
        """
        const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        let stream = null;
        let asked = () => {};
        const asking = new Promise((done) => { asked = done; });
        navigator.mediaDevices.getUserMedia = async (wanted) => {
          asked();
          await sleep(200);
          return stream = await real(wanted);
        };
        const ada = person("ada", TONE);
        await ada.voice.joined();
        const speaking = ada.voice.speak();
        await asking;
        ada.voice.mute();
        const spoke = await speaking;
        return {spoke, state: ada.state, calls: server.calls, track: stream.getTracks()[0].readyState};
        """,
    )
    assert seen["spoke"] is False
    assert seen["state"]["speaking"] is False
    assert seen["calls"] == []
    assert seen["track"] == "ended"


def test_many_quick_presses_end_as_the_last_one_wants(tone_page: ModulePage) -> None:
    seen = in_room(
        tone_page,
        """
        const ada = person("ada", TONE);
        await ada.voice.joined();
        for (let press = 0; press < 5; press += 1) {
          ada.voice.speak();
          await sleep(press * 15);
          ada.voice.mute();
        }
        const spoke = await ada.voice.speak();
        const speaking = ada.state;
        ada.voice.mute();
        await sleep(300);
        return {spoke, speaking, muted: ada.state, open: server.streams.size};
        """,
    )
    assert seen["spoke"] is True
    assert seen["speaking"]["problem"] is None
    assert seen["muted"]["speaking"] is False
    assert seen["open"] == 0


def test_voice_that_only_the_server_knows_is_ended_first(tone_page: ModulePage) -> None:
    calls = in_room(
        tone_page,
        """
        const ada = person("ada", TONE);
        server.streams.set("ada", {stream: 200, user: "ada", codec: "opus", rate: 48000});   // its ack was lost
        await ada.voice.joined();
        const spoke = await ada.voice.speak();
        return [spoke, ...server.calls.map((call) => call[1])];
        """,
    )
    assert calls == [True, "start", "stop", "start"]


def test_voice_that_the_room_ends_is_muted_and_explained(tone_page: ModulePage) -> None:
    state = in_lesson(tone_page, "server.end('ada'); return ada.state;")
    assert state["speaking"] is False
    assert state["problem"]["code"] == "voice_stopped"


def test_room_that_is_closed_ends_sound_and_voice(tone_page: ModulePage) -> None:
    seen = in_lesson(
        tone_page,
        """
        ada.link.receive("closed", {room: "another", reason: "removed"});
        const other = ada.state.speaking;
        ada.link.receive("closed", {room: "r1", reason: "removed"});
        ben.link.receive("closed", {room: "r1", reason: "removed"});
        const sent = server.frames.length;
        await sleep(300);
        return {other, ada: ada.state, ben: ben.state, more: server.frames.length - sent};
        """,
    )
    assert seen["other"] is True
    assert seen["ada"]["speaking"] is False
    assert seen["ben"]["streams"] == []
    assert seen["more"] <= 1, "one packet may be under way"


def test_number_of_a_stream_that_is_used_again_belongs_to_the_new_one(tone_page: ModulePage) -> None:
    streams = in_lesson(
        tone_page,
        """
        ada.voice.mute();
        await until(() => ben.state.streams.length === 0);
        server.nextStream = 0;
        await ada.voice.speak();
        await until(hearing);
        return ben.state.streams;
        """,
    )
    assert [stream["stream"] for stream in streams] == [0]


def test_slow_line_drops_old_speech_instead_of_piling_it_up(tone_page: ModulePage) -> None:
    seen = in_lesson(
        tone_page,
        """
        ada.link.bufferedAmount = 1e6;
        await sleep(50);
        const before = server.frames.length;
        await sleep(1500);
        const during = server.frames.length - before;
        const {dropped} = ada.voice.stats.sent;
        const sequence = (frame) => new DataView(frame.packet).getUint16(2);
        const last = sequence(server.frames.at(-1));
        ada.link.bufferedAmount = 0;
        await until(() => server.frames.length > before + 5);
        return {during, dropped, missing: sequence(server.frames[before]) - last};
        """,
    )
    assert seen["during"] == 0
    assert seen["dropped"] >= 15
    assert seen["missing"] >= seen["dropped"], "what goes out next is the newest speech"


def test_sequence_goes_on_after_65535(module_page: ModulePage) -> None:
    sequences = module_page.run(
        """
        const {Uplink} = await import("/js/classroom/voice/uplink.js");
        const {decodePacket} = await import("/js/classroom/voice/packets.js");
        const sent = [];
        const link = {connected: true, sendBinary: (event, packet) => sent.push(decodePacket(packet))};
        const uplink = new Uplink({link, stream: 3, frame: 960, sequence: 65534});
        for (let n = 0; n < 10; n += 1) uplink.add(Uint8Array.of(n + 1), 4294965376 + n * 960);
        uplink.add(Uint8Array.of(99), 4294965376 + 20 * 960);   // after a pause: what waited goes out by itself
        uplink.pass(4294965376 + 24 * 960);
        return sent.map(({sequence, timestamp, frames}) => [sequence, timestamp, frames.length]);
        """
    )
    start = 4294965376
    times = [(start + n * 960) % 2**32 for n in (0, 3, 6, 9, 20)]
    assert sequences == [list(row) for row in zip([65534, 65535, 0, 1, 2], times, [3, 3, 3, 1, 1], strict=True)]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("NotAllowedError", "microphone_refused"),
        ("NotFoundError", "no_microphone"),
        ("NotReadableError", "microphone_busy"),
    ],
)
def test_microphone_that_cannot_be_had_is_explained(tone_page: ModulePage, name: str, code: str) -> None:
    state = in_room(
        tone_page,
        """
        navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("no", arg); };
        const ada = person("ada");
        await ada.voice.joined();
        await ada.voice.speak();
        return ada.state;
        """,
        name,
    )
    assert state["speaking"] is False
    assert state["problem"]["code"] == code
    assert state["problem"]["message"].endswith("turn your voice on again.")


UNPLUG = """
const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
let tracks = [];
navigator.mediaDevices.getUserMedia = async (wanted) => {
  if (tracks.length > 0 && arg === "none") throw new DOMException("gone", "NotFoundError");
  const stream = await real(wanted);
  tracks.push(stream.getAudioTracks()[0]);
  return stream;
};
"""


@pytest.mark.parametrize("other", ["one", "none"])
def test_unplugged_microphone_is_replaced_or_reported(tone_page: ModulePage, other: str) -> None:
    seen = in_room(
        tone_page,
        UNPLUG
        + """
        const ada = person("ada", TONE);
        await ada.voice.joined();
        await ada.voice.speak();
        await until(() => server.frames.length > 3);
        tracks[0].stop();
        tracks[0].dispatchEvent(new Event("ended"));   // what the browser does when the plug is pulled
        await sleep(500);
        const sent = server.frames.length;
        await sleep(500);
        return {state: ada.state, sends: server.frames.length > sent, asked: tracks.length,
                last: server.calls.at(-1)[1]};
        """,
        other,
    )
    if other == "one":
        assert seen["state"]["speaking"] is True
        assert seen["sends"] is True
        assert seen["asked"] == 2
    else:
        assert seen["state"]["problem"]["code"] == "microphone_lost"
        assert seen["sends"] is False
        assert seen["last"] == "stop"


def test_silent_microphone_is_pointed_out_until_it_is_heard(tone_page: ModulePage) -> None:
    seen = in_room(
        tone_page,
        """
        const source = new AudioContext();
        const mouth = new GainNode(source, {gain: 0});
        const microphone = new MediaStreamAudioDestinationNode(source);
        const tone = new OscillatorNode(source);
        tone.connect(mouth).connect(microphone);
        tone.start();
        navigator.mediaDevices.getUserMedia = async () => microphone.stream;
        const ada = person("ada");
        await ada.voice.joined();
        await ada.voice.speak();
        await until(() => ada.state.problem, 9000);
        const silent = ada.state;
        mouth.gain.value = 0.3;
        await until(() => !ada.state.problem);
        return {silent, after: ada.state};
        """,
    )
    assert seen["silent"]["problem"]["code"] == "nothing_heard"
    assert seen["silent"]["speaking"] is True
    assert seen["after"]["problem"] is None


# Code that a test evaluates counts as a gesture of the user; a script that the page loads does not.
BLOCKED_PAGE = '<!doctype html><button>Turn sound on</button><script type="module" src="/sound-test.js"></script>'
BLOCKED_SCRIPT = (
    ROOM
    + """
const ben = person("ben");
await ben.voice.joined();
await ben.voice.listen(true);
document.querySelector("button").addEventListener("click", async () => {
  await ben.voice.listen(true);
  console.log(JSON.stringify(ben.state));
});
console.log(JSON.stringify(ben.state));
"""
)


def test_browser_that_blocks_sound_waits_for_a_click(module_page: ModulePage) -> None:
    page = module_page.page
    page.route("**/sound-test.html", lambda route: route.fulfill(body=BLOCKED_PAGE, content_type="text/html"))
    page.route("**/sound-test.js", lambda route: route.fulfill(body=BLOCKED_SCRIPT, content_type="text/javascript"))

    def is_state(message: ConsoleMessage) -> bool:
        return message.text.startswith("{")

    with page.expect_console_message(is_state) as told:
        page.goto(page.url + "sound-test.html")
    before = json.loads(told.value.text)
    with page.expect_console_message(is_state) as told:
        page.get_by_role("button").click()
    after = json.loads(told.value.text)
    assert before["listening"] is False
    assert before["problem"]["code"] == "sound_blocked"
    assert after["listening"] is True
    assert after["problem"] is None


def test_sound_off_is_silent_and_tells_the_server(tone_page: ModulePage) -> None:
    seen = in_lesson(
        tone_page,
        """
        await ben.voice.listen(false);
        const off = {state: ben.state, last: server.calls.at(-1), sound: (await analyse(ben.voice, 300)).decibels};
        await ben.voice.listen(true);
        await until(hearing);
        return off;
        """,
    )
    assert seen["last"] == ["ben", "listen", {"room": "r1", "on": False}]
    assert seen["state"]["listening"] is False
    assert [stream["user"] for stream in seen["state"]["streams"]] == ["ada"]
    assert seen["sound"] in (None, float("-inf"))


def test_close_leaves_nothing_open(tone_page: ModulePage) -> None:
    seen = in_lesson(
        tone_page,
        """
        const states = ada.seen.length;
        ada.voice.close(); ben.voice.close();
        await sleep(300);
        const sent = server.frames.length;
        await sleep(300);
        return {contexts: [ada.voice.context.state, ben.voice.context.state], more: server.frames.length - sent,
                handlers: Object.values(ben.link.handlers).map((set) => set.size)};
        """,
    )
    assert seen["contexts"] == ["closed", "closed"]
    assert seen["more"] == 0
    assert set(seen["handlers"]) == {0}
