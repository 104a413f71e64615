import { expect, test } from "vitest";
import { MediaWriter, readMedia, soundOf } from "./media-frames";
import { SILENCE, encode } from "./mulaw";
import { Ear, FRAME, Mouth } from "./telephone";

const heard = (samples: Float32Array) => samples.some((sample) => Math.abs(sample) > 0.1);
const loud = encode(Float32Array.from({ length: FRAME }, (_, at) => Math.sin(at / 2)));

test("from the microphone come whole frames of 20 milliseconds", () => {
  const mouth = new Mouth(48_000);
  const frames = Array.from({ length: 375 }, () => mouth.push(new Float32Array(128))).flat();
  // One second.
  expect(frames.length).toBeGreaterThanOrEqual(49);
  expect(frames.every((frame) => frame.length === FRAME && frame.every((byte) => byte === SILENCE))).toBe(true);
});

test("marks are told when what is before them was heard", () => {
  const ear = new Ear(8_000);
  const block = new Float32Array(128);
  expect(ear.pull(block)).toEqual([]);
  expect(heard(block)).toBe(false);
  ear.push(loud);
  ear.mark("first");
  ear.push(loud);
  ear.mark("second");
  const told = Array.from({ length: 4 }, () => [ear.pull(block), heard(block)] as const);
  expect(told.map(([marks]) => marks)).toEqual([[], ["first"], ["second"], []]);
  expect(told.slice(0, 2).every(([, any]) => any)).toBe(true);
});

test("what is thrown away is not heard, and its marks come back at once", () => {
  const ear = new Ear(48_000);
  const block = new Float32Array(128);
  ear.push(loud);
  ear.mark("a");
  ear.push(loud);
  ear.mark("b");
  ear.pull(block);
  expect(ear.clear()).toEqual(["a", "b"]);
  ear.pull(block);
  expect(heard(block)).toBe(false);
});

test("no more waits than five minutes", () => {
  const ear = new Ear(8_000);
  for (let minute = 0; minute < 10; minute += 1) ear.push(new Uint8Array(60 * 8_000));
  const block = new Float32Array(8_000);
  ear.mark("end");
  let seconds = 0;
  while (!ear.pull(block).includes("end")) seconds += 1;
  expect(Math.abs(seconds - 300)).toBeLessThan(2);
});

test("frames are the carrier's", () => {
  const writer = new MediaWriter("c1");
  expect(JSON.parse(writer.start("c1"))).toMatchObject({
    event: "start",
    sequenceNumber: "1",
    streamSid: "c1",
    start: { callSid: "c1", mediaFormat: { encoding: "audio/x-mulaw", sampleRate: 8_000, channels: 1 } },
  });
  expect(JSON.parse(writer.media(loud))).toMatchObject({ media: { track: "inbound", chunk: "1", timestamp: "0" } });
  const second = JSON.parse(writer.media(loud)) as { sequenceNumber: string; media: Record<string, string> };
  expect(second).toMatchObject({ sequenceNumber: "3", media: { chunk: "2", timestamp: "20" } });
  expect([...soundOf(second.media.payload ?? "")]).toEqual([...loud]);
  expect(JSON.parse(writer.mark("m"))).toMatchObject({ event: "mark", mark: { name: "m" } });
  expect(JSON.parse(writer.key("#"))).toMatchObject({ event: "dtmf", dtmf: { digit: "#" } });
});

test.each([
  ['{"event":"media","streamSid":"c","media":{"payload":"//8="}}', { event: "media", media: { payload: "//8=" } }],
  ['{"event":"mark","mark":{"name":"7"}}', { event: "mark", mark: { name: "7" } }],
  ['{"event":"clear","streamSid":"c"}', { event: "clear" }],
  ['{"event":"media"}', null],
  ['{"event":"new"}', null],
  ["{", null],
])("%s is read", (text, frame) => {
  expect(readMedia(text)).toEqual(frame);
});
