"""The jitter buffer against seeded networks: late, lost, reordered, stalled, drifting, silent. All in virtual time."""

from typing import Any

import pytest
from module_page import ModulePage

pytestmark = pytest.mark.browser

# A 440 Hz tone of amplitude 0.5 is sent in bundles of three 20 ms frames through a network described by `arg`.
SIMULATION = """
const {JitterBuffer} = await import("/js/classroom/voice/jitter.js");
const RATE = 48000, FRAME = 960, BUNDLE = 3, QUANTUM = 128;
let seed = arg.seed ?? 1;
const random = () => { // mulberry32
  seed = (seed + 0x6D2B79F5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const network = {seconds: 10, base: 0.03, jitter: 0, loss: 0, swap: 0, fifo: true, ppm: 0, stalls: [], pauses: [],
                 first: 0, outputRate: RATE, lose: [], ...arg};
const within = (spans, t) => spans.find(([from, to]) => t >= from && t < to);
const arrivals = [];
let previous = 0;
for (let n = 0; n * BUNDLE * FRAME < network.seconds * RATE; n += 1) {
  const frames = [];
  for (let k = 0; k < BUNDLE; k += 1) {
    const start = (n * BUNDLE + k) * FRAME;
    if (!within(network.pauses, start / RATE)) frames.push(start);
  }
  if (frames.length === 0) continue;
  const sent = ((n + 1) * BUNDLE * FRAME) / RATE * (1 - network.ppm / 1e6);
  let at = sent + network.base + random() * network.jitter;
  const stall = within(network.stalls, at);
  if (stall) at = stall[1];
  if (network.fifo) at = Math.max(at, previous);
  previous = at;
  const lost = random() < network.loss || network.lose.includes(n);
  if (!lost) arrivals.push({at, frames});
}
for (let i = 0; i + 1 < arrivals.length; i += 1) {
  if (random() < network.swap) {
    const [one, two] = [arrivals[i], arrivals[i + 1]];
    [one.frames, two.frames] = [two.frames, one.frames];
  }
}
arrivals.sort((a, b) => a.at - b.at);

const buffer = new JitterBuffer({rate: RATE, outputRate: network.outputRate});
const tone = (start) => Float32Array.from({length: FRAME},
    (_, i) => 0.5 * Math.sin((2 * Math.PI * 440 * (start + i)) / RATE));
const output = new Float32Array(QUANTUM);
const heard = new Float32Array(Math.ceil((network.seconds + 1) * network.outputRate / QUANTUM) * QUANTUM);
const delays = [];
let next = 0;
for (let at = 0; at < heard.length; at += QUANTUM) {
  const now = at / network.outputRate;
  for (; next < arrivals.length && arrivals[next].at <= now; next += 1) {
    for (const start of arrivals[next].frames) buffer.push(network.first + start, tone(start), now);
  }
  buffer.pull(output);
  heard.set(output, at);
  if (at % (QUANTUM * 37) === 0) delays.push([now, buffer.delay, buffer.target]);
}
// What a listener would notice: silence where the tone should be, and steps that no 440 Hz tone has.
const silent = (from, to) => { // milliseconds
  let count = 0;
  const window = Math.round(network.outputRate / 500); // 2 ms hold nearly a whole period
  for (let at = Math.round(from * network.outputRate); at + window < to * network.outputRate; at += window) {
    if (heard.subarray(at, at + window).every((x) => Math.abs(x) < 0.01)) count += 2;
  }
  return count;
};
const firstSound = (from) => {
  const start = Math.round(from * network.outputRate);
  return (start + heard.subarray(start).findIndex((x) => Math.abs(x) > 0.05)) / network.outputRate;
};
const frequency = (from, to) => {
  let crossings = 0;
  const a = Math.round(from * network.outputRate), b = Math.round(to * network.outputRate);
  for (let i = a + 1; i < b; i += 1) if (heard[i - 1] < 0 && heard[i] >= 0) crossings += 1;
  return crossings / (to - from);
};
let step = 0;
for (let i = 1; i < heard.length; i += 1) step = Math.max(step, Math.abs(heard[i] - heard[i - 1]));
const loudest = heard.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
const between = (from, to) => delays.filter(([t]) => t >= from && t < to);
const seconds = network.seconds;
"""
# Between neighbours a 440 Hz tone of 0.5 changes by at most 0.029; the ends of fades may add a little.
NO_CLICK = 0.07


def simulate(page: ModulePage, code: str, **network: Any) -> Any:
    return page.run(SIMULATION + code, network)


def test_regular_arrivals_are_heard_80_ms_later_without_a_gap(module_page: ModulePage) -> None:
    seen = simulate(
        module_page,
        """return {begins: firstSound(0), silent: silent(0.3, seconds), stats: buffer.stats, step,
                   pitch: frequency(1, 9), delay: buffer.delay};""",
    )
    # The first bundle is complete at 60 ms, needs 30 ms on the way, and its end is heard 80 ms later.
    assert 0.10 <= seen["begins"] <= 0.13
    assert seen["silent"] == 0
    assert seen["stats"] == {"frames": 501, "late": 0, "doubled": 0, "underruns": 0, "jumps": 0}
    assert seen["step"] < NO_CLICK
    assert abs(seen["pitch"] - 440) < 1
    assert 0.07 <= seen["delay"] <= 0.10


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
def test_tone_keeps_its_pitch_at_the_rate_of_the_sound_card(module_page: ModulePage, rate: int) -> None:
    seen = simulate(module_page, "return {pitch: frequency(1, 9), silent: silent(0.3, seconds)};", outputRate=rate)
    assert abs(seen["pitch"] - 440) < 1
    assert seen["silent"] == 0


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_delay_grows_with_the_jitter_and_then_covers_it(module_page: ModulePage, seed: int) -> None:
    seen = simulate(
        module_page,
        """return {targets: between(5, seconds).map((d) => d[2]), silent: silent(5, seconds), stats: buffer.stats};""",
        seed=seed,
        jitter=0.15,
        seconds=30,
    )
    assert min(seen["targets"]) > 0.15
    assert max(seen["targets"]) < 0.26
    assert seen["silent"] <= 100, "more than 0.4 % of 25 s"
    assert seen["stats"]["jumps"] == 0


def test_stall_is_paid_once_and_the_delay_shrinks_again_gently(module_page: ModulePage) -> None:
    seen = simulate(
        module_page,
        """return {after: between(5.5, 6)[0][1], silent: silent(5.5, seconds), end: buffer.delay, step,
                   pitch: [6, 10, 20].map((t) => frequency(t, t + 2)), stats: buffer.stats};""",
        stalls=[[5, 5.3]],
        seconds=60,
    )
    assert 0.25 <= seen["after"] <= 0.45
    assert seen["silent"] == 0
    assert seen["end"] <= 0.12
    assert all(abs(pitch - 440) < 440 * 0.016 for pitch in seen["pitch"])
    assert seen["stats"]["jumps"] == 0
    assert seen["step"] < NO_CLICK


def test_long_stall_ends_with_a_jump_to_live(module_page: ModulePage) -> None:
    seen = simulate(
        module_page,
        "return {delay: between(7.3, 7.5)[0][1], stats: buffer.stats, silent: silent(7.3, seconds), step};",
        stalls=[[5, 7]],
    )
    assert seen["stats"]["jumps"] == 1
    assert seen["delay"] <= 0.12
    assert seen["silent"] == 0
    assert seen["step"] < NO_CLICK


def test_lost_bundle_fades_out_and_costs_nothing_else(module_page: ModulePage) -> None:
    seen = simulate(
        module_page,
        "return {silent: silent(0.3, seconds), step, loudest, delay: buffer.delay, stats: buffer.stats};",
        lose=[50, 90, 91],
    )
    # 60 and 120 ms are missing; each begins with a fade of 10 ms.
    assert 120 <= seen["silent"] <= 180
    assert seen["step"] < NO_CLICK
    assert seen["loudest"] < 0.6
    assert seen["delay"] < 0.2
    assert seen["stats"]["frames"] == 501 - 9


def test_swapped_bundles_are_played_in_their_order(module_page: ModulePage) -> None:
    seen = simulate(
        module_page,
        "return {silent: silent(5, seconds), pitch: frequency(5, 19), stats: buffer.stats};",
        swap=0.2,
        seconds=20,
        seed=7,
    )
    assert seen["silent"] <= 120, "less than 1 % of 15 s once the buffer knows this network"
    assert abs(seen["pitch"] - 440) < 6


@pytest.mark.parametrize("ppm", [-300, 300])
def test_clocks_that_drift_apart_are_followed_for_minutes(module_page: ModulePage, ppm: int) -> None:
    seen = simulate(
        module_page,
        """return {silent: silent(0.5, seconds), stats: buffer.stats,
                   delays: between(10, seconds).map((d) => d[1])};""",
        ppm=ppm,
        seconds=240,
    )
    assert seen["silent"] == 0
    assert seen["stats"]["underruns"] == 0
    assert seen["stats"]["jumps"] == 0
    assert max(seen["delays"]) < 0.15


def test_after_a_silence_a_word_begins_with_the_usual_delay(module_page: ModulePage) -> None:
    seen = simulate(
        module_page,
        "return {begins: firstSound(8.0) - 8.0, again: firstSound(58.02) - 58.02, stats: buffer.stats};",
        pauses=[[1, 8.04], [9, 58.08]],
        seconds=60,
    )
    assert 0.04 + 0.03 <= seen["begins"] <= 0.04 + 0.03 + 0.12
    assert 0.06 + 0.03 <= seen["again"] <= 0.06 + 0.03 + 0.12
    assert seen["stats"]["underruns"] == 0, "silence is no underrun"


def test_stream_that_counts_from_zero_again_is_heard(module_page: ModulePage) -> None:
    seen = simulate(
        module_page,
        """for (let n = 0; n < 50; n += 1) {
             buffer.push(n * FRAME, tone(n * FRAME), 20 + n * 0.02);
             for (let q = 0; q < 7; q += 1) buffer.pull(output);
           }
           return output.some((x) => Math.abs(x) > 0.1);""",
        first=10_000_000,
        seconds=2,
    )
    assert seen is True


def test_frame_that_comes_twice_is_heard_once(module_page: ModulePage) -> None:
    seen = simulate(
        module_page,
        """buffer.push(9e6, tone(0), 100); buffer.push(9e6, tone(0), 100);
           let energy = 0;
           for (let q = 0; q < 40; q += 1) { buffer.pull(output); energy += output.reduce((sum, x) => sum + x * x, 0); }
           return {doubled: buffer.stats.doubled, energy};""",
        seconds=0,
    )
    assert seen["doubled"] == 1
    assert 0.8 * 960 / 8 < seen["energy"] < 1.3 * 960 / 8


@pytest.mark.parametrize("seed", range(1, 21))
def test_whatever_the_network_does_the_sound_stays_sound(module_page: ModulePage, seed: int) -> None:
    seen = simulate(
        module_page,
        """return {finite: heard.every(Number.isFinite), loudest, worst: Math.max(...delays.map((d) => d[1])),
                   silent: silent(2, seconds)};""",
        seed=seed,
        jitter=0.05 * (seed % 9),
        loss=0.01 * (seed % 7),
        swap=0.05 * (seed % 4),
        fifo=seed % 3 != 0,
        ppm=50 * (seed % 5 - 2),
        stalls=[[3, 3 + 0.2 * (seed % 6)], [9, 9.1]],
        pauses=[[6, 6.5 + 0.1 * (seed % 3)]],
        seconds=15,
    )
    assert seen["finite"] is True
    assert seen["loudest"] < 0.9
    assert seen["worst"] < 1.05
    assert seen["silent"] < 6000
