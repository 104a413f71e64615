import type { TicketLine } from "~/api/client";
import { due } from "~/lib/time";

type Clocks = Pick<TicketLine, "slaClocks">;

export interface Clock {
  text: string;
  level: "calm" | "soon" | "late" | "paused" | "met";
}

/** The two clocks of a ticket in words; null for one that it does not have. */
export function clocks(ticket: Clocks, now: number): { reply: Clock | null; solution: Clock | null } {
  return {
    reply: words(ticket, "FIRST_RESPONSE", "Reply", "Answered", now),
    solution: words(ticket, "RESOLUTION", "Solution", "Resolved", now),
  };
}

function words({ slaClocks }: Clocks, kind: string, open: string, done: string, now: number): Clock | null {
  const found = slaClocks.find(({ clock }) => clock === kind);
  if (!found) return null;
  if (found.doneAt) {
    return found.state === "MET"
      ? { text: `${done} in time`, level: "met" }
      : { text: `${done} too late`, level: "late" };
  }
  if (found.state === "PAUSED") return PAUSED;
  return found.dueAt ? due(open, found.dueAt, now) : null;
}

const PAUSED: Clock = { text: "Paused, waiting on the customer", level: "paused" };

/** The clock of a ticket that runs out next; null when none runs. */
export function clock(ticket: Clocks, now: number): Clock | null {
  const runs = ({ doneAt, state }: TicketLine["slaClocks"][number]) => !doneAt && state !== "PAUSED";
  const next = ticket.slaClocks.find(runs);
  if (!next) return null;
  const { reply, solution } = clocks(ticket, now);
  return next.clock === "FIRST_RESPONSE" ? reply : solution;
}
