import type { TicketLine } from "~/api/client";
import { due } from "~/lib/time";

type Clocks = Pick<
  TicketLine,
  "status" | "firstResponseDueAt" | "firstRespondedAt" | "resolutionDueAt" | "resolvedAt" | "closedAt"
>;

/** The clock of a ticket that runs out next; null when none runs. */
export function clock(ticket: Clocks, now: number) {
  if (ticket.resolvedAt ?? ticket.closedAt) return null;
  if (ticket.firstResponseDueAt && !ticket.firstRespondedAt) return due("Reply", ticket.firstResponseDueAt, now);
  // While the customer must answer, the clock of the resolution stands still.
  if (!ticket.resolutionDueAt || ticket.status === "WAITING_ON_CUSTOMER") return null;
  return due("Solution", ticket.resolutionDueAt, now);
}
