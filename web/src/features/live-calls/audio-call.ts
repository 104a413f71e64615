import { Store } from "~/lib/store";
import { MediaWriter, readMedia, soundOf } from "./media-frames";
import type { CallState, HeldCall } from "./stream";
import type { ToEar } from "./telephone.worklet";
import workletUrl from "./telephone.worklet.ts?worker&url";

/** Microphone and loudspeaker, ready for a call. */
export interface Headset {
  context: AudioContext;
  microphone: MediaStream;
  mouth: AudioWorkletNode;
  ear: AudioWorkletNode;
}

/**
 * Asks for the microphone and makes the sound ready.
 *
 * Throws an error in words when the browser has no microphone for this page.
 */
export async function putOnHeadset(): Promise<Headset> {
  // Not there on plain http addresses, whatever the types say.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (!devices) throw new Error("The browser gives the microphone to pages over https only.");
  const microphone = await devices
    .getUserMedia({ audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true } })
    .catch((error: unknown) => {
      throw new Error(refusalOf(error));
    });
  const context = new AudioContext({ latencyHint: "interactive" });
  try {
    await context.audioWorklet.addModule(workletUrl);
    await context.resume();
    const mouth = new AudioWorkletNode(context, "patchcord-mouth", { numberOfOutputs: 0, channelCount: 1 });
    const ear = new AudioWorkletNode(context, "patchcord-ear", { numberOfInputs: 0, outputChannelCount: [1] });
    context.createMediaStreamSource(microphone).connect(mouth);
    ear.connect(context.destination);
    return { context, microphone, mouth, ear };
  } catch (error) {
    takeOff({ context, microphone });
    throw error;
  }
}

export function takeOff({ context, microphone }: Pick<Headset, "context" | "microphone">): void {
  for (const track of microphone.getTracks()) track.stop();
  if (context.state !== "closed") void context.close();
}

function refusalOf(error: unknown): string {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError")
    return "The microphone was refused. Allow it for this page in the browser, then call again.";
  if (name === "NotFoundError") return "There is no microphone on this machine.";
  return "The microphone cannot be used right now; another program may have it.";
}

/** A call by microphone, over the same stream of frames as a telephone's. */
export class AudioCall implements HeldCall {
  readonly state = new Store<CallState>("connecting");
  readonly muted = new Store(false);
  readonly #socket: WebSocket;
  readonly #headset: Headset;
  readonly #writer: MediaWriter;

  constructor(callId: string, socket: WebSocket, headset: Headset) {
    this.#socket = socket;
    this.#headset = headset;
    this.#writer = new MediaWriter(callId);
    socket.onopen = () => {
      socket.send(JSON.stringify({ event: "connected", protocol: "Call", version: "1.0.0" }));
      socket.send(this.#writer.start(callId));
      headset.mouth.port.onmessage = ({ data }: MessageEvent<Uint8Array>) => this.#send(this.#writer.media(data));
      headset.ear.port.onmessage = ({ data }: MessageEvent<string>) => this.#send(this.#writer.mark(data));
      this.state.set("open");
    };
    socket.onmessage = ({ data }) => this.#receive(String(data));
    socket.onclose = () => {
      takeOff(headset);
      this.state.set("over");
    };
  }

  press = (key: string): void => this.#send(this.#writer.key(key));

  mute = (muted: boolean): void => {
    for (const track of this.#headset.microphone.getAudioTracks()) track.enabled = !muted;
    this.muted.set(muted);
  };

  hangUp = (): void => {
    takeOff(this.#headset);
    this.#socket.close(1000);
  };

  #receive(text: string): void {
    const frame = readMedia(text);
    if (!frame) return;
    const tell = (what: ToEar) => this.#headset.ear.port.postMessage(what);
    if (frame.event === "media") tell({ sound: soundOf(frame.media.payload) });
    else if (frame.event === "mark") tell({ mark: frame.mark.name });
    else tell({ clear: true });
  }

  #send(frame: string): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(frame);
  }
}
