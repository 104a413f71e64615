import type { TicketLine } from "~/api/client";
import { due } from "~/lib/time";

type Clocks = Pick<
  TicketLine,
  "status" | "firstResponseDueAt" | "firstRespondedAt" | "resolutionDueAt" | "resolvedAt" | "closedAt"
> & {
  /** Since when the clocks stand still, where the server says so. */
  slaPausedAt?: string | null;
};

export interface Clock {
  text: string;
  level: "calm" | "soon" | "late" | "paused" | "met";
}

/** The two clocks of a ticket in words; null for one that it does not have. */
export function clocks(ticket: Clocks, now: number): { reply: Clock | null; solution: Clock | null } {
  return { reply: reply(ticket, now), solution: solution(ticket, now) };
}

function reply({ firstResponseDueAt, firstRespondedAt, ...ticket }: Clocks, now: number): Clock | null {
  if (!firstResponseDueAt) return null;
  if (firstRespondedAt) return met(firstRespondedAt, firstResponseDueAt, "Answered");
  if (ticket.resolvedAt ?? ticket.closedAt) return null;
  return ticket.slaPausedAt ? PAUSED : due("Reply", firstResponseDueAt, now);
}

function solution({ resolutionDueAt, ...ticket }: Clocks, now: number): Clock | null {
  if (!resolutionDueAt) return null;
  const end = ticket.resolvedAt ?? ticket.closedAt;
  if (end) return met(end, resolutionDueAt, "Resolved");
  // While the customer must answer, the clock of the resolution stands still.
  if (ticket.slaPausedAt ?? ticket.status === "WAITING_ON_CUSTOMER") return PAUSED;
  return due("Solution", resolutionDueAt, now);
}

const PAUSED: Clock = { text: "Paused, waiting on the customer", level: "paused" };

function met(at: string, dueAt: string, what: string): Clock {
  return at <= dueAt ? { text: `${what} in time`, level: "met" } : { text: `${what} too late`, level: "late" };
}

/** The clock of a ticket that runs out next; null when none runs. */
export function clock(ticket: Clocks, now: number): Clock | null {
  if (ticket.resolvedAt ?? ticket.closedAt) return null;
  if (ticket.firstResponseDueAt && !ticket.firstRespondedAt) return reply(ticket, now);
  const next = solution(ticket, now);
  // That it waits is what its status says.
  return next?.level === "paused" ? null : next;
}
