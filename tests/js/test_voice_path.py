"""The whole path in one page: microphone, worklet, codec, packets, a socket that loops back, codec, buffer, sound."""

import pytest
from module_page import ModulePage
from voice_room import in_lesson, in_room

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("codec", ["opus", "pcm16"])
@pytest.mark.parametrize("rate", [48000, 44100])
def test_tone_of_the_microphone_comes_out_of_the_loudspeaker(tone_page: ModulePage, codec: str, rate: int) -> None:
    heard = in_lesson(
        tone_page,
        """
        await sleep(1500);
        const [stream] = ben.voice.stats.streams;
        const seconds = (performance.now() - server.frames[0].at) / 1000;
        const {bytes, packets} = ada.voice.stats.sent;
        return {spoke, stream, start: server.calls.find(([, event]) => event === "start")[2],
                tone: await analyse(ben.voice, 600), kilobits: bytes * 8 / seconds / 1000, rate: packets / seconds};
        """,
        {"codec": codec, "rate": rate},
        "{format: arg.codec === 'opus' ? OPUS : PCM16, createContext: () => new AudioContext({sampleRate: arg.rate})}",
    )
    assert heard["spoke"] is True
    assert abs(heard["tone"]["hertz"] - 440) <= 10
    assert heard["tone"]["decibels"] > -40
    clock = {"opus": 48000, "pcm16": 16000}[codec]
    assert heard["start"] == {"room": "r1", "codec": codec, "rate": clock, "frame_ms": 20}
    assert heard["kilobits"] == pytest.approx({"opus": 27, "pcm16": 258}[codec], rel=0.3)
    assert heard["rate"] == pytest.approx(1 / 0.06, rel=0.2)
    assert heard["stream"]["lost"] == heard["stream"]["late"] == 0


def test_browser_without_an_encoder_sends_pcm_by_itself(tone_page: ModulePage) -> None:
    heard = in_lesson(
        tone_page,
        "return {tone: await analyse(ben.voice, 600), start: server.calls.find(([, event]) => event === 'start')[2]};",
        options="(delete globalThis.AudioEncoder, {})",
    )
    assert heard["start"]["codec"] == "pcm16"
    assert abs(heard["tone"]["hertz"] - 440) <= 10


def test_browser_without_a_decoder_is_told_so(tone_page: ModulePage) -> None:
    state = in_room(
        tone_page,
        """
        delete globalThis.AudioDecoder;
        const ada = person("ada", TONE), ben = person("ben");
        await ada.voice.joined(); await ben.voice.joined();
        await ben.voice.listen(true);
        await ada.voice.speak();
        await until(() => ben.state.problem);
        return ben.state;
        """,
    )
    assert state["problem"]["code"] == "cannot_hear"
    assert state["problem"]["message"].startswith("This browser cannot play this voice.")
    assert [stream["user"] for stream in state["streams"]] == ["ada"], "who speaks is shown all the same"


def test_sound_is_heard_soon_and_silence_sends_nothing(tone_page: ModulePage) -> None:
    """The microphone is an oscillator here, so that the test knows when somebody begins to speak."""
    seen = in_room(
        tone_page,
        """
        const source = new AudioContext();
        const tone = new OscillatorNode(source, {frequency: 440});
        const mouth = new GainNode(source, {gain: 0});
        const microphone = new MediaStreamAudioDestinationNode(source, {channelCount: 1});
        tone.connect(mouth).connect(microphone);
        tone.start();
        navigator.mediaDevices.getUserMedia = async () => microphone.stream;
        const ada = person("ada"), ben = person("ben");
        await ada.voice.joined(); await ben.voice.joined();
        await ben.voice.listen(true);
        await ada.voice.speak();
        await until(() => ben.state.streams.length === 1);
        await sleep(600);
        const before = server.frames.length;
        const ear = new AnalyserNode(ben.voice.context, {fftSize: 256});
        ben.voice.output.connect(ear);
        const wave = new Float32Array(256);
        const heard = () => { ear.getFloatTimeDomainData(wave); return wave.some((x) => Math.abs(x) > 0.05); };
        const delays = [];
        let during = 0;
        for (let word = 0; word < 6; word += 1) {
          const began = performance.now();
          mouth.gain.value = 0.5;
          while (!heard()) await new Promise((done) => setTimeout(done, 1));
          delays.push(performance.now() - began);
          await sleep(400);
          mouth.gain.value = 0;
          await sleep(900);
          during = server.frames.length;
          await sleep(300);
        }
        return {delays, before, quiet: server.frames.length - during, sent: server.frames.length};
        """,
    )
    assert seen["before"] == 0
    assert seen["quiet"] == 0
    # Milliseconds from mouth to ear, without the devices: about 120, more while the machine is busy with other tests.
    assert min(seen["delays"]) < 250
    assert max(seen["delays"]) < 1000
    # 400 ms of sound and 400 ms of patience make 14 packets.
    assert 6 * 8 <= seen["sent"] <= 6 * 20


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty"])
def test_damaged_packets_do_not_end_the_voice(tone_page: ModulePage, damage: str) -> None:
    heard = in_lesson(
        tone_page,
        """
        const relay = server.relay.bind(server);
        let count = 0;
        server.relay = (from, packet) => {
          count += 1;
          const bytes = new Uint8Array(packet);
          if (count <= 8 && arg === "cut") packet = packet.slice(0, bytes.length - 3);
          if (count <= 8 && arg === "empty") packet = new ArrayBuffer(0);
          if (count <= 8 && arg === "flipped") for (let i = 10; i < bytes.length; i += 1) bytes[i] ^= 0xff;
          relay(from, packet);
        };
        await until(() => count > 30);
        return {tone: await analyse(ben.voice, 600), problem: ben.state.problem};
        """,
        damage,
    )
    assert abs(heard["tone"]["hertz"] - 440) <= 10
    assert heard["tone"]["decibels"] > -40
    assert heard["problem"] is None
