import { expect, test } from "vitest";
import type { Interaction, Turn } from "~/components/transcript-lines";
import { answersOf, dollars, lengthOf, median, moodsOf, spentBy, staysOf, turnOfTicket } from "./figures";

const ANSWERED = "2026-11-24T09:00:00.000Z";
const turn = (seq: number, part: Partial<Turn>) =>
  ({
    seq,
    speaker: "CALLER",
    text: "",
    startedMs: 0,
    endedMs: 0,
    responseMs: null,
    sentimentScore: null,
    ...part,
  }) as Turn;
const stay = (agent: string, at: string) =>
  ({ id: agent, agent, enteredAt: `2026-11-24T09:00:${at}.000Z`, turns: 1, toolCalls: [{}] }) as unknown as Interaction;

test("stays fill the call without gaps", () => {
  const stays = staysOf([stay("triage_agent", "00"), stay("printer_agent", "12")], ANSWERED, 30_000);
  expect(stays.map(({ agent, fromMs, toMs, tools }) => [agent, fromMs, toMs, tools])).toEqual([
    ["triage_agent", 0, 12_000, 1],
    ["printer_agent", 12_000, 30_000, 1],
  ]);
  expect(lengthOf([turn(1, { endedMs: 31_500 })], 30)).toBe(31_500);
  expect(lengthOf([], null)).toBe(1);
});

test("usage is put together by model and purpose, the dearest first", () => {
  const one = {
    provider: "openai",
    model: "m",
    purpose: "speech",
    inputTokens: 10,
    cachedInputTokens: 4,
    outputTokens: 3,
  };
  const line = {
    ...one,
    audioInputTokens: 5,
    audioOutputTokens: 6,
    costUsd: 0.01,
    latencyMs: 1,
    error: null,
    createdAt: "",
  };
  const cheap = { ...line, purpose: "conversation", costUsd: 0.001, error: "429" };
  expect(spentBy([cheap, line, line])).toMatchObject([
    { purpose: "speech", requests: 2, failed: 0, inputTokens: 20, cachedTokens: 8, audioTokens: 22, costUsd: 0.02 },
    { purpose: "conversation", requests: 1, failed: 1 },
  ]);
});

test("answers, moods and the turn of the ticket", () => {
  const turns = [
    turn(1, { sentimentScore: -600, startedMs: 2_000, text: "Bad." }),
    turn(2, { speaker: "AGENT", responseMs: 640 }),
    turn(3, { speaker: "TOOL", text: 'create_ticket: {"ticket":{"number":"TKT-0042"}}' }),
    turn(4, { speaker: "AGENT", responseMs: 900, text: "It is ticket TKT-0042." }),
  ];
  expect(median(answersOf(turns).map(({ responseMs }) => responseMs))).toBe(770);
  expect(median([])).toBe(null);
  expect(moodsOf(turns)).toEqual([{ seq: 1, at: 2_000, mood: -0.6, text: "Bad." }]);
  expect(turnOfTicket(turns, "TKT-0042")).toBe(3);
  expect(turnOfTicket(turns.slice(3), "TKT-0042")).toBe(4);
  expect(turnOfTicket(turns.slice(0, 1), undefined)).toBe(undefined);
});

test("cheap is not the same as free", () => {
  expect([0, 0.0042, 0.5, 1234.5].map(dollars)).toEqual(["$0.00", "$0.0042", "$0.50", "$1,234.50"]);
});
