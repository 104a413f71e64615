// µ-law as in ITU-T Recommendation G.711, in the segment form of Sun's reference g711.c: 14 bits become a sign, the number of
// a segment and four bits within it, all inverted. No well-kept package does only this.

/** Added before the segment is looked for, so that every segment has its leading one. */
const BIAS = 0x84;
/** The loudest sample that still has a segment. */
const CLIP = 32_635;

/** Silence. */
export const SILENCE = 0xff;

/** A sample from -1 to 1 as one byte. */
export function encodeSample(value: number): number {
  let sample = Math.round(value * 32_768);
  const sign = sample < 0 ? 0x80 : 0;
  sample = Math.min(CLIP, Math.abs(sample)) + BIAS;
  // The leading one is in bit 7 for segment 0, in bit 14 for segment 7.
  const segment = 24 - Math.clz32(sample);
  return ~(sign | (segment << 4) | ((sample >> (segment + 3)) & 0x0f)) & 0xff;
}

/** One byte as a sample from -1 to 1. */
export function decodeSample(byte: number): number {
  const bits = ~byte & 0xff;
  const sample = ((((bits & 0x0f) << 3) + BIAS) << ((bits >> 4) & 7)) - BIAS;
  return (bits & 0x80 ? -sample : sample) / 32_768;
}

const DECODED = Float32Array.from({ length: 256 }, (_, byte) => decodeSample(byte));

export function encode(samples: Float32Array): Uint8Array {
  const bytes = new Uint8Array(samples.length);
  for (let at = 0; at < samples.length; at += 1) bytes[at] = encodeSample(samples[at] ?? 0);
  return bytes;
}

export function decode(bytes: Uint8Array): Float32Array {
  const samples = new Float32Array(bytes.length);
  for (let at = 0; at < bytes.length; at += 1) samples[at] = DECODED[bytes[at] ?? SILENCE] ?? 0;
  return samples;
}
