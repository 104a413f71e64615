import { z } from "~/lib/zod";
import { LINE_RATE } from "./telephone";

// The carrier's Media Streams, as far as the desk speaks them.

/** What the desk sends. */
const Frame = z.union([
  z.object({ event: z.literal("media"), media: z.object({ payload: z.string() }) }),
  z.object({ event: z.literal("mark"), mark: z.object({ name: z.string() }) }),
  z.object({ event: z.literal("clear") }),
]);

export type MediaFrame = z.infer<typeof Frame>;

export function readMedia(text: string): MediaFrame | null {
  try {
    const frame = z.safeParse(Frame, JSON.parse(text));
    return frame.success ? frame.data : null;
  } catch {
    return null;
  }
}

/** Writes the frames of one stream in their order. */
export class MediaWriter {
  readonly #streamSid: string;
  #sequence = 0;
  #chunk = 0;
  #bytes = 0;

  constructor(streamSid: string) {
    this.#streamSid = streamSid;
  }

  start(callSid: string): string {
    return this.#write("start", {
      start: {
        streamSid: this.#streamSid,
        accountSid: "",
        callSid,
        tracks: ["inbound"],
        customParameters: {},
        mediaFormat: { encoding: "audio/x-mulaw", sampleRate: LINE_RATE, channels: 1 },
      },
    });
  }

  media(sound: Uint8Array): string {
    this.#chunk += 1;
    const timestamp = Math.round((this.#bytes / LINE_RATE) * 1_000);
    this.#bytes += sound.length;
    const payload = btoa(String.fromCharCode(...sound));
    return this.#write("media", {
      media: { track: "inbound", chunk: String(this.#chunk), timestamp: String(timestamp), payload },
    });
  }

  mark(name: string): string {
    return this.#write("mark", { mark: { name } });
  }

  key(digit: string): string {
    return this.#write("dtmf", { dtmf: { track: "inbound_track", digit } });
  }

  #write(event: string, rest: object): string {
    this.#sequence += 1;
    return JSON.stringify({ event, sequenceNumber: String(this.#sequence), streamSid: this.#streamSid, ...rest });
  }
}

/** The sound of a payload. */
export function soundOf(payload: string): Uint8Array {
  return Uint8Array.from(atob(payload), (letter) => letter.charCodeAt(0));
}
