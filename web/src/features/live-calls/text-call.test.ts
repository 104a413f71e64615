import { beforeEach, expect, test, vi } from "vitest";
import { TextCall } from "./text-call";

/** A socket whose other end is the test. */
class Pipe {
  static OPEN = 1;
  readyState = 1;
  sent: Record<string, unknown>[] = [];
  onopen: () => void = () => undefined;
  onmessage: (event: { data: string }) => void = () => undefined;
  onclose: () => void = () => undefined;
  send(text: string) {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close() {
    this.readyState = 3;
    this.onclose();
  }
}

function begin() {
  const pipe = new Pipe();
  const call = new TextCall("c1", pipe as unknown as WebSocket);
  pipe.onopen();
  const tell = (frame: object) => pipe.onmessage({ data: JSON.stringify(frame) });
  const words = (token: string, last = false) => tell({ type: "text", token, last });
  const texts = () => call.said.get().map(({ who, text, isOpen }) => `${who}: ${text}${isOpen ? "…" : ""}`);
  return { call, pipe, tell, words, texts };
}

beforeEach(() => vi.stubGlobal("WebSocket", Pipe));

test("it begins as the carrier would", () => {
  const { call, pipe } = begin();
  expect(pipe.sent).toEqual([{ type: "setup", sessionId: "c1", callSid: "c1", from: "browser", to: "browser" }]);
  expect(call.state.get()).toBe("open");
});

test("words come piece by piece; what was read is told before the answer", () => {
  const { call, pipe, words, texts } = begin();
  words("Good day.", true);
  words("How can ");
  expect(texts()).toEqual(["agent: Good day.", "agent: How can …"]);
  words("I help?");
  words("", true);
  expect(texts()).toEqual(["agent: Good day.", "agent: How can I help?"]);
  call.say("My printer is jammed");
  expect(pipe.sent.slice(1)).toEqual([
    {
      type: "interrupt",
      utteranceUntilInterrupt: "How can I help?",
      durationUntilInterruptMs: expect.any(Number) as number,
    },
    { type: "prompt", voicePrompt: "My printer is jammed", last: true },
  ]);
  // Nothing new was read.
  call.say("Hello?");
  expect(pipe.sent.at(-1)).toEqual({ type: "prompt", voicePrompt: "Hello?", last: true });
  expect(pipe.sent.filter(({ type }) => type === "interrupt")).toHaveLength(1);
});

test("who speaks in between cuts the sentence", () => {
  const { call, words, texts } = begin();
  words("Please restart the ");
  call.say("It is off");
  words("", true);
  words("I see.", true);
  expect(texts()).toEqual(["agent: Please restart the ", "you: It is off", "agent: I see."]);
});

test("keys one after the other are one number", () => {
  const { call, pipe, texts } = begin();
  for (const key of "12#") call.press(key);
  call.say("Done");
  call.press("0");
  expect(texts()).toEqual(["keys: 12#", "you: Done", "keys: 0"]);
  expect(pipe.sent.filter(({ type }) => type === "dtmf").map(({ digit }) => digit)).toEqual(["1", "2", "#", "0"]);
});

test("frames that mean nothing here are let pass, and after the end nothing is sent", () => {
  const { call, pipe, tell, words, texts } = begin();
  tell({ type: "language", ttsLanguage: "de-DE" });
  tell({ no: "type" });
  pipe.onmessage({ data: "{" });
  words("Goodbye.");
  tell({ type: "end", handoffData: "{}" });
  pipe.close();
  expect(call.state.get()).toBe("over");
  expect(texts()).toEqual(["agent: Goodbye."]);
  const before = pipe.sent.length;
  call.say("Hello?");
  call.press("1");
  expect(pipe.sent).toHaveLength(before);
});
