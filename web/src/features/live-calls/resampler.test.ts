import { expect, test } from "vitest";
import { Resampler } from "./resampler";

function tone(hertz: number, rate: number, seconds: number): Float32Array {
  return Float32Array.from({ length: Math.round(rate * seconds) }, (_, at) =>
    Math.sin((2 * Math.PI * hertz * at) / rate),
  );
}

/** The loudness of the middle, without the beginning and the end. */
function loudness(samples: Float32Array): number {
  const middle = samples.subarray(Math.floor(samples.length / 4), Math.floor((samples.length * 3) / 4));
  return Math.sqrt(middle.reduce((sum, sample) => sum + sample * sample, 0) / middle.length);
}

const FULL = Math.SQRT1_2;

test.each([
  [48_000, 8_000],
  [44_100, 8_000],
  [8_000, 48_000],
  [8_000, 44_100],
  [8_000, 8_000],
])("a tone of 1 kHz is as loud after as before: %i to %i", (from, to) => {
  const made = new Resampler(from, to).push(tone(1_000, from, 0.5));
  expect(Math.abs(made.length - to / 2)).toBeLessThan(to / 100);
  expect(loudness(made) / FULL).toBeCloseTo(1, 2);
});

test("what the line cannot carry is taken out instead of folding back", () => {
  for (const hertz of [5_000, 7_000, 12_000, 20_000]) {
    const made = new Resampler(48_000, 8_000).push(tone(hertz, 48_000, 0.5));
    // 40 decibels.
    expect(loudness(made) / FULL, String(hertz)).toBeLessThan(0.01);
  }
});

test("upwards no ghosts appear above the line's band", () => {
  const made = new Resampler(8_000, 48_000).push(tone(1_000, 8_000, 0.5));
  const down = new Resampler(48_000, 8_000).push(made);
  expect(loudness(down) / FULL).toBeCloseTo(1, 2);
  const difference = made.map((sample, at) => sample - Math.sin((2 * Math.PI * 1_000 * at) / 48_000));
  expect(loudness(difference)).toBeLessThan(0.02);
});

test("pieces of any length are the same as the whole", () => {
  const whole = tone(440, 44_100, 0.2);
  const once = new Resampler(44_100, 8_000).push(whole);
  const byPieces = new Resampler(44_100, 8_000);
  const made: number[] = [];
  for (let at = 0, length = 1; at < whole.length; at += length, length = (length * 7) % 131 || 128) {
    made.push(...byPieces.push(whole.subarray(at, at + length)));
  }
  expect(made.length).toBe(once.length);
  made.forEach((sample, at) => expect(sample).toBeCloseTo(once[at] ?? 9, 4));
});

test("for an hour it keeps no more than it needs", () => {
  const resampler = new Resampler(48_000, 8_000);
  const block = new Float32Array(128);
  let made = 0;
  for (let blocks = 0; blocks < 37_500; blocks += 1) made += resampler.push(block).length;
  // 100 seconds.
  expect(Math.abs(made - 800_000)).toBeLessThan(100);
});
