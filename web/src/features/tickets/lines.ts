import type { QueryClient } from "@tanstack/react-query";
import type { TicketDetail, TicketLine } from "~/api/client";

/** The row that a list has of a ticket. What only the whole ticket has stays in it, unused. */
export function lineOf(ticket: TicketDetail): TicketLine {
  const { contact, organization } = ticket;
  return {
    ...ticket,
    contact: contact && { id: contact.id, name: contact.name },
    organization: organization && { id: organization.id, name: organization.name },
  };
}

/** What is known of a ticket from its row, until all of it is loaded. */
export function outlineOf(line: TicketLine): TicketDetail {
  const { contact, organization } = line;
  return {
    ...line,
    contact: contact && { ...contact, email: null, phone: null, title: null, isVip: false },
    organization: organization && { ...organization, status: "ACTIVE", ueCode: null },
    attachments: [],
    messages: [],
    messagesOmitted: 0,
    callId: null,
    createdBy: null,
    device: null,
    mergedIntoId: null,
    slaPausedAt: null,
  };
}

/** Changes a ticket in the answers that were loaded of it, by whatever name it was asked for. */
export function patchDetails(
  queries: QueryClient,
  ids: readonly string[],
  change: (ticket: TicketDetail) => TicketDetail,
): void {
  const all = queries.getQueryCache().findAll({ queryKey: ["get", "/api/tickets/{id}"] });
  for (const query of all) {
    const ticket = query.state.data as TicketDetail | undefined;
    if (ticket && ids.includes(ticket.id)) queries.setQueryData(query.queryKey, change(ticket));
  }
}
