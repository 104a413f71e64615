// Band-limited interpolation with a windowed sinc, as in Julius O. Smith, "Digital Audio Resampling"
// (https://ccrma.stanford.edu/~jos/resample/): each new sample is a weighted sum of the old ones around it, and what the lower
// of both rates cannot carry is taken out on the way.

/** Crossings of zero on each side of the sinc. */
const CROSSINGS = 16;
/** How much of the band of the lower rate is kept. */
const BAND = 0.92;
/** Values of the kernel between two crossings. */
const STEPS = 256;

/** The kernel from its middle to its end: a sinc under a Hann window. */
const KERNEL = Float32Array.from({ length: CROSSINGS * STEPS + 2 }, (_, step) => {
  const at = step / STEPS;
  if (at >= CROSSINGS) return 0;
  const sinc = at === 0 ? 1 : Math.sin(Math.PI * at) / (Math.PI * at);
  return sinc * (0.5 + 0.5 * Math.cos((Math.PI * at) / CROSSINGS));
});

/** Turns a stream of samples of one rate into one of another. Pieces of any length go in, what can be made of them comes out. */
export class Resampler {
  /** Old samples for each new one. */
  readonly #step: number;
  /** Crossings for each old sample. */
  readonly #scale: number;
  /** Old samples on each side of a new one that count. */
  readonly #reach: number;
  #kept: Float32Array;
  /** Where the next new sample is, among those that are kept. */
  #at: number;

  constructor(from: number, to: number) {
    this.#step = from / to;
    this.#scale = BAND * Math.min(1, to / from);
    this.#reach = Math.ceil(CROSSINGS / this.#scale);
    // Before the first there was silence.
    this.#kept = new Float32Array(this.#reach);
    this.#at = this.#reach;
  }

  push(piece: Float32Array): Float32Array<ArrayBuffer> {
    const samples = new Float32Array(this.#kept.length + piece.length);
    samples.set(this.#kept);
    samples.set(piece, this.#kept.length);
    const count = Math.max(0, Math.ceil((samples.length - this.#reach - this.#at) / this.#step));
    const made = new Float32Array(count);
    for (let nth = 0; nth < count; nth += 1) made[nth] = this.#sampleAt(samples, this.#at + nth * this.#step);
    this.#at += count * this.#step;
    const done = Math.max(0, Math.min(samples.length, Math.floor(this.#at) - this.#reach));
    this.#kept = samples.slice(done);
    this.#at -= done;
    return made;
  }

  #sampleAt(samples: Float32Array, middle: number): number {
    const first = Math.max(0, Math.ceil(middle - this.#reach));
    const last = Math.min(samples.length - 1, Math.floor(middle + this.#reach));
    let sum = 0;
    for (let at = first; at <= last; at += 1) {
      const place = Math.abs(at - middle) * this.#scale * STEPS;
      const step = Math.floor(place);
      const low = KERNEL[step] ?? 0;
      sum += (samples[at] ?? 0) * (low + ((KERNEL[step + 1] ?? 0) - low) * (place - step));
    }
    return sum * this.#scale;
  }
}
