import { Store } from "~/lib/store";
import { z } from "~/lib/zod";
import type { CallState, HeldCall } from "./stream";

// The carrier's ConversationRelay, as far as the desk speaks it.

const Frame = z.union([
  z.object({ type: z.literal("text"), token: z.string(), last: z.boolean() }),
  z.object({ type: z.literal("end") }),
  z.object({ type: z.string() }),
]);

/** One utterance, or keys that were pressed. */
export interface Said {
  who: "you" | "agent" | "keys";
  text: string;
  /** Whether more of it comes. */
  isOpen: boolean;
}

/** A call by text: what the carrier would hear and speak is typed and read. */
export class TextCall implements HeldCall {
  readonly said = new Store<readonly Said[]>([]);
  readonly state = new Store<CallState>("connecting");
  readonly #socket: WebSocket;
  /** When the words came that were not answered yet, for the desk's count of what was heard. */
  #heardSince: number | null = null;

  constructor(callId: string, socket: WebSocket) {
    this.#socket = socket;
    socket.onopen = () => {
      this.#send({ type: "setup", sessionId: callId, callSid: callId, from: "browser", to: "browser" });
      this.state.set("open");
    };
    socket.onmessage = ({ data }) => this.#receive(String(data));
    socket.onclose = () => {
      this.#close();
      this.state.set("over");
    };
  }

  say = (text: string): void => {
    if (this.state.get() !== "open") return;
    this.#tellHeard();
    this.#close();
    this.#add({ who: "you", text, isOpen: false });
    this.#send({ type: "prompt", voicePrompt: text, last: true });
  };

  press = (key: string): void => {
    if (this.state.get() !== "open") return;
    this.#send({ type: "dtmf", digit: key });
    const all = this.said.get();
    const last = all.at(-1);
    // Keys one after the other are one number.
    if (last?.who === "keys") this.said.set([...all.slice(0, -1), { ...last, text: last.text + key }]);
    else this.#add({ who: "keys", text: key, isOpen: false });
  };

  hangUp = (): void => this.#socket.close(1000);

  /**
   * Whoever reads is faster than speech, and the desk believes that it still speaks. It is told what was read, so that it
   * does not wait for the rest, and so that the question stands before its answer.
   */
  #tellHeard(): void {
    const agent = this.said.get().findLast(({ who }) => who === "agent");
    if (this.#heardSince === null || !agent) return;
    const durationUntilInterruptMs = Math.round(performance.now() - this.#heardSince);
    this.#heardSince = null;
    this.#send({ type: "interrupt", utteranceUntilInterrupt: agent.text, durationUntilInterruptMs });
  }

  #receive(text: string): void {
    const frame = read(text);
    if (!frame || !("token" in frame)) return;
    this.#heardSince ??= performance.now();
    const all = this.said.get();
    const open = all.at(-1);
    if (open?.isOpen)
      this.said.set([...all.slice(0, -1), { ...open, text: open.text + frame.token, isOpen: !frame.last }]);
    else if (frame.token !== "") this.#add({ who: "agent", text: frame.token, isOpen: !frame.last });
  }

  #add(one: Said): void {
    this.said.set([...this.said.get(), one]);
  }

  /** Nothing more comes of what was being said. */
  #close(): void {
    const all = this.said.get();
    const last = all.at(-1);
    if (last?.isOpen) this.said.set([...all.slice(0, -1), { ...last, isOpen: false }]);
  }

  #send(frame: object): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }
}

function read(text: string): z.infer<typeof Frame> | null {
  try {
    const frame = z.safeParse(Frame, JSON.parse(text));
    return frame.success ? frame.data : null;
  } catch {
    return null;
  }
}
