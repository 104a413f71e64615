import type { Schemas } from "~/api/client";
import { type Interaction, type Turn, startOf, toolText } from "~/components/transcript-lines";

export interface Stay {
  id: string;
  agent: string;
  fromMs: number;
  toMs: number;
  turns: number;
  tools: number;
}

/** How long a call has lasted by what is known of it, in milliseconds. */
export function lengthOf(turns: Turn[], seconds: number | null): number {
  return Math.max(1, (seconds ?? 0) * 1_000, ...turns.map(({ endedMs }) => endedMs));
}

/** The agents of a call, one stay after the other. */
export function staysOf(stays: Interaction[], answeredAt: string | null, length: number): Stay[] {
  const starts = stays.map((stay) => Math.min(startOf(stay, answeredAt, stays[0]), length));
  return stays.map((stay, index) => ({
    id: stay.id,
    agent: stay.agent,
    fromMs: starts[index] ?? 0,
    toMs: starts[index + 1] ?? length,
    turns: stay.turns,
    tools: stay.toolCalls.length,
  }));
}

export interface Spent {
  provider: string;
  model: string;
  purpose: string;
  requests: number;
  failed: number;
  inputTokens: number;
  cachedTokens: number;
  outputTokens: number;
  audioTokens: number;
  costUsd: number;
}

/** What each model used for each purpose, the dearest first. */
export function spentBy(usage: Schemas["CallUsage"][]): Spent[] {
  const sums = new Map<string, Spent>();
  for (const { provider, model, purpose, ...used } of usage) {
    const key = [provider, model, purpose].join("\n");
    const none = {
      requests: 0,
      failed: 0,
      inputTokens: 0,
      cachedTokens: 0,
      outputTokens: 0,
      audioTokens: 0,
      costUsd: 0,
    };
    const sum = sums.get(key) ?? { provider, model, purpose, ...none };
    sum.requests += 1;
    sum.failed += used.error === null ? 0 : 1;
    sum.inputTokens += used.inputTokens;
    sum.cachedTokens += used.cachedInputTokens;
    sum.outputTokens += used.outputTokens;
    sum.audioTokens += used.audioInputTokens + used.audioOutputTokens;
    sum.costUsd += used.costUsd;
    sums.set(key, sum);
  }
  return [...sums.values()].sort((a, b) => b.costUsd - a.costUsd || b.requests - a.requests);
}

/** Turns that answered the caller, with how long that took. */
export function answersOf(turns: Turn[]): (Turn & { responseMs: number })[] {
  return turns.filter((turn): turn is Turn & { responseMs: number } => turn.responseMs !== null);
}

/** The middle one; the mean of the two in the middle. */
export function median(values: number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

/** How the caller felt, turn by turn, from -1 to 1. */
export function moodsOf(turns: Turn[]): { seq: number; at: number; mood: number; text: string }[] {
  return turns
    .filter(({ speaker, sentimentScore }) => speaker === "CALLER" && sentimentScore !== null)
    .map(({ seq, startedMs, sentimentScore, text }) => ({
      seq,
      at: startedMs,
      mood: (sentimentScore ?? 0) / 1_000,
      text,
    }));
}

/** The turn in which a ticket was filed or first named. */
export function turnOfTicket(turns: Turn[], label: string | undefined): number | undefined {
  const made = turns.find((turn) => turn.speaker === "TOOL" && toolText(turn).name === "create_ticket");
  const named = label ? turns.find(({ text }) => text.includes(label)) : undefined;
  return (made ?? named)?.seq;
}

/** Below a cent more digits are told, so that cheap is not the same as free. */
export function dollars(value: number): string {
  const digits = value !== 0 && Math.abs(value) < 0.1 ? 4 : 2;
  return new Intl.NumberFormat("en", {
    style: "currency",
    currency: "USD",
    minimumFractionDigits: 2,
    maximumFractionDigits: digits,
  }).format(value);
}
