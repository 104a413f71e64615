// Runs beside the page, where the sound is: a file of its own, which the page's policy allows.
import { Ear, Mouth } from "./telephone";

declare const sampleRate: number;
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}

/** What the page tells the ear. */
export type ToEar = { sound: Uint8Array } | { mark: string } | { clear: true };

class MouthProcessor extends AudioWorkletProcessor {
  readonly #mouth = new Mouth(sampleRate);

  process([input]: Float32Array[][]): boolean {
    const samples = input?.[0];
    if (samples) for (const frame of this.#mouth.push(samples)) this.port.postMessage(frame, [frame.buffer]);
    return true;
  }
}

class EarProcessor extends AudioWorkletProcessor {
  readonly #ear = new Ear(sampleRate);

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<ToEar>) => {
      if ("sound" in data) this.#ear.push(data.sound);
      else if ("mark" in data) this.#ear.mark(data.mark);
      else this.#tell(this.#ear.clear());
    };
  }

  process(_inputs: Float32Array[][], [output]: Float32Array[][]): boolean {
    const block = output?.[0];
    if (block) this.#tell(this.#ear.pull(block));
    return true;
  }

  #tell(marks: string[]): void {
    for (const mark of marks) this.port.postMessage(mark);
  }
}

registerProcessor("patchcord-mouth", MouthProcessor);
registerProcessor("patchcord-ear", EarProcessor);
