import type { Schemas } from "~/api/client";
import { MOODS, type Named } from "~/lib/calls";

export type LiveCall = Schemas["LiveCallRow"];
export type CallDetail = Schemas["CallDetailRow"];

/** Who it is, as far as the desk knows. */
export function callerOf({ contact, organization, callerPhone, fromNumber, provider }: LiveCall | CallDetail): string {
  if (organization) return organization.name;
  if (contact) return contact.name;
  return provider === "BROWSER" ? "A call from the page" : (callerPhone ?? (fromNumber || "Unknown caller"));
}

/** How content the caller sounds so far. */
export function moodOf(sentiment: string | null): Named | null {
  return MOODS.find(({ key }) => key === sentiment) ?? null;
}

const TRUST: Record<string, string> = { VERIFIED: "Verified", CLAIMED: "Claimed", NONE: "Not identified" };

/** How far the caller is believed. */
export function trustOf(verification: string): string {
  return TRUST[verification] ?? verification;
}

const RANKS = ["negative", "neutral", "positive"];

/** Those who need somebody most come first: unhappy callers, then whoever waits longest. */
export function worstFirst(calls: readonly LiveCall[]): LiveCall[] {
  const rank = ({ sentiment }: LiveCall) => RANKS.indexOf(sentiment ?? "neutral");
  return [...calls].sort((a, b) => rank(a) - rank(b) || a.startedAt.localeCompare(b.startedAt));
}

/** The end of a text, from the beginning of a word. */
export function tail(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const end = text.slice(-longest);
  return `…${end.slice(end.indexOf(" ") + 1)}`;
}
