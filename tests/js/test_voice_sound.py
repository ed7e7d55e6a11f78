"""The small parts that touch samples: resampler, gate, meter, and the length of an Opus frame."""

import pytest
from module_page import ModulePage

pytestmark = pytest.mark.browser

TONE = """
const tone = (rate, hertz, seconds, gain = 0.5) => Float32Array.from({length: Math.round(rate * seconds)},
    (_, i) => gain * Math.sin(2 * Math.PI * hertz * i / rate));
const energy = (samples) => Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
"""
RESAMPLE = (
    TONE
    + """
const {Resampler} = await import("/js/classroom/voice/resampler.js");
const resample = (input, from, to, piece) => {
  const resampler = new Resampler(from, to), output = [];
  for (let at = 0; at < input.length; at += piece) output.push(...resampler.process(input.subarray(at, at + piece)));
  return Float32Array.from(output);
};
"""
)


@pytest.mark.parametrize(
    ("source", "target", "piece"),
    [(48000, 16000, 128), (44100, 48000, 128), (44100, 16000, 128), (16000, 48000, 320), (96000, 48000, 128)],
)
def test_resampled_tone_is_the_tone_computed_at_the_new_rate(
    module_page: ModulePage, source: int, target: int, piece: int
) -> None:
    seen = module_page.run(
        RESAMPLE
        + """
        const output = resample(tone(arg.source, 440, 1), arg.source, arg.target, arg.piece);
        // The filter looks ahead: what comes out lags by half of it. Find the lag, then every sample must fit.
        const ideal = tone(arg.target, 440, 1.1);
        let best = 1;
        for (let lag = 0; lag < 40; lag += 0.05) {
          let worst = 0;
          for (let i = 200; i < output.length; i += 7) {
            const expected = 0.5 * Math.sin(2 * Math.PI * 440 * (i - lag) / arg.target);
            worst = Math.max(worst, Math.abs(output[i] - expected));
          }
          best = Math.min(best, worst);
        }
        return {length: output.length, best};
        """,
        {"source": source, "target": target, "piece": piece},
    )
    assert abs(seen["length"] - target) <= 1
    assert seen["best"] < 0.005


def test_what_the_lower_rate_cannot_carry_is_removed(module_page: ModulePage) -> None:
    ratio = module_page.run(
        RESAMPLE
        + """
        const input = tone(48000, 11000, 0.5);
        return energy(resample(input, 48000, 16000, 128).subarray(200)) / energy(input);
        """
    )
    assert ratio < 0.01, "11 kHz would come back as 5 kHz"


def test_pieces_of_any_length_make_the_same_sound(module_page: ModulePage) -> None:
    assert module_page.run(
        RESAMPLE
        + """
        const input = tone(44100, 700, 0.3);
        const whole = resample(input, 44100, 48000, input.length), pieces = resample(input, 44100, 48000, 37);
        return whole.length === pieces.length && whole.every((x, i) => Math.abs(x - pieces[i]) < 1e-6);
        """
    )


def test_gate_keeps_words_whole_and_silence_home(module_page: ModulePage) -> None:
    sent = module_page.run(
        TONE
        + """
        const {Gate} = await import("/js/classroom/voice/gate.js");
        const gate = new Gate(), sent = [];
        for (let n = 0; n < 300; n += 1) {
          const samples = tone(48000, 300, 0.02, n >= 100 && n < 150 ? 0.1 : 0.0004);
          sent.push(...gate.pass({samples, timestamp: n}).map((frame) => frame.timestamp));
        }
        return sent;
        """
    )
    assert sent[:3] == [98, 99, 100], "two frames before the word"
    assert sent == list(range(98, sent[-1] + 1)), "in order, without holes"
    assert 160 <= sent[-1] <= 175, "some patience after it"


def test_gate_lets_a_long_steady_sound_pass(module_page: ModulePage) -> None:
    passed = module_page.run(
        TONE
        + """
        const {Gate} = await import("/js/classroom/voice/gate.js");
        const gate = new Gate(), samples = tone(48000, 440, 0.02, 0.05);
        let passed = 0;
        for (let n = 0; n < 6000; n += 1) passed += gate.pass({samples, timestamp: n}).length;
        return passed;
        """
    )
    assert passed == 6000, "two minutes of one organ note"


def test_meter_goes_from_nothing_to_full_and_falls_slowly(module_page: ModulePage) -> None:
    levels = module_page.run(
        TONE
        + """
        const {Meter} = await import("/js/classroom/voice/meter.js");
        const at = (gain) => new Meter().push(tone(48000, 300, 0.02, gain));
        const meter = new Meter();
        meter.push(tone(48000, 300, 0.02, 0.5));
        const falling = Array.from({length: 4}, () => meter.push(new Float32Array(960)));
        for (let n = 0; n < 60; n += 1) meter.push(new Float32Array(960));
        return {rising: [0, 0.001, 0.01, 0.1, 1].map(at), falling, end: meter.level};
        """
    )
    assert levels["rising"] == sorted(levels["rising"])
    assert levels["rising"][0] == 0
    assert levels["rising"][-1] > 0.9
    assert levels["falling"] == sorted(levels["falling"], reverse=True)
    assert levels["falling"][0] > 0.6
    assert levels["end"] == 0


@pytest.mark.parametrize(
    ("first_bytes", "milliseconds"),
    [
        ("08", 20),
        ("00", 10),
        ("18", 60),
        ("60", 10),
        ("68", 20),
        ("78", 20),
        ("80", 2.5),
        ("98", 20),
        ("99", 40),
        ("9b03", 60),
    ],
)
def test_opus_frame_says_how_long_it_is(module_page: ModulePage, first_bytes: str, milliseconds: float) -> None:
    samples = module_page.run(
        """const {frameLength} = await import("/js/classroom/voice/codec.js");
           return frameLength("opus", Uint8Array.from(arg));""",
        list(bytes.fromhex(first_bytes)),
    )
    assert samples == milliseconds * 48
