import { expect, test } from "vitest";
import { SILENCE, decode, decodeSample, encode, encodeSample } from "./mulaw";

// Decision values of G.711, table 2a, on the scale of 16 bits.
test.each([
  [0xff, 0],
  [0x80, 32_124],
  [0x00, -32_124],
  [0xfe, 8],
  [0x7e, -8],
  [0xf0, 120],
  [0x90, 15_996],
  [0x10, -15_996],
])("the byte %i is the sample %i", (byte, sample) => {
  expect(decodeSample(byte) * 32_768).toBe(sample);
});

test("every byte comes back as itself", () => {
  for (let byte = 0; byte < 256; byte += 1) {
    // There are two zeros.
    const same = byte === 0x7f ? SILENCE : byte;
    expect(encodeSample(decodeSample(byte)), String(byte)).toBe(same);
  }
});

test("what is too loud is as loud as can be, and silence is silent", () => {
  expect([...encode(Float32Array.of(2, 1, -1, -2, 0))]).toEqual([0x80, 0x80, 0x00, 0x00, SILENCE]);
});

test("a sample comes back within the width of its step", () => {
  for (let at = -1_000; at <= 1_000; at += 1) {
    const value = at / 1_000;
    const [back = 0] = decode(encode(Float32Array.of(value)));
    expect(Math.abs(back - value), String(value)).toBeLessThan(Math.max(Math.abs(value) / 16, 0.0005) + 0.01);
  }
});
