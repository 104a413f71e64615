import { decode, encode } from "./mulaw";
import { Resampler } from "./resampler";

/** Samples a second on the line. */
export const LINE_RATE = 8_000;
/** Samples of one frame: 20 milliseconds. */
export const FRAME = 160;
/** Most sound that waits to be heard, in bytes: five minutes. The desk makes it faster than it is heard. */
const WAITING_MAX = 5 * 60 * LINE_RATE;

/** From the microphone to the line: whole frames of µ-law come out. */
export class Mouth {
  readonly #resampler: Resampler;
  #frame = new Uint8Array(FRAME);
  #filled = 0;

  constructor(rate: number) {
    this.#resampler = new Resampler(rate, LINE_RATE);
  }

  push(samples: Float32Array): Uint8Array[] {
    const frames: Uint8Array[] = [];
    for (const byte of encode(this.#resampler.push(samples))) {
      this.#frame[this.#filled] = byte;
      this.#filled += 1;
      if (this.#filled < FRAME) continue;
      frames.push(this.#frame);
      this.#frame = new Uint8Array(FRAME);
      this.#filled = 0;
    }
    return frames;
  }
}

/** From the line to the ear: sound and marks in their order. A mark is told when everything before it was heard. */
export class Ear {
  readonly #resampler: Resampler;
  #waiting: (Uint8Array | string)[] = [];
  #bytes = 0;
  #ready = new Float32Array(0);
  #at = 0;

  constructor(rate: number) {
    this.#resampler = new Resampler(LINE_RATE, rate);
  }

  push(sound: Uint8Array): void {
    if (this.#bytes + sound.length > WAITING_MAX) return;
    this.#waiting.push(sound);
    this.#bytes += sound.length;
  }

  mark(name: string): void {
    this.#waiting.push(name);
  }

  /** Throws away what was not heard yet; gives the marks in it. */
  clear(): string[] {
    const marks = this.#waiting.filter((one) => typeof one === "string");
    this.#waiting = [];
    this.#bytes = 0;
    this.#ready = new Float32Array(0);
    this.#at = 0;
    return marks;
  }

  /** Fills a block with what is heard next, or with silence; gives the marks that were reached. */
  pull(block: Float32Array): string[] {
    const marks: string[] = [];
    let filled = 0;
    while (filled < block.length) {
      if (this.#at === this.#ready.length) {
        const next = this.#waiting.shift();
        if (next === undefined) break;
        if (typeof next === "string") {
          marks.push(next);
          continue;
        }
        this.#bytes -= next.length;
        this.#ready = this.#resampler.push(decode(next));
        this.#at = 0;
        continue;
      }
      const part = this.#ready.subarray(this.#at, this.#at + block.length - filled);
      block.set(part, filled);
      filled += part.length;
      this.#at += part.length;
    }
    block.fill(0, filled);
    return marks;
  }
}
