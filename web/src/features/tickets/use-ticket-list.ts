import type { QueryClient } from "@tanstack/react-query";
import { type TicketLine, client } from "~/api/client";
import { ticketQuery } from "~/api/queries";
import { type Page, pagedList } from "~/lib/paged-list";
import { lineOf } from "./lines";
import { type TicketSearch, filtersOf } from "./search";

function parametersOf(search: TicketSearch) {
  return { ...filtersOf(search), sort: search.sort };
}

async function load(search: TicketSearch, limit: number, cursor?: string, signal?: AbortSignal) {
  const query = { ...parametersOf(search), limit, cursor };
  const { data } = await client.GET("/api/tickets", { params: { query }, signal });
  // Failures are thrown by the client.
  return data as Page<TicketLine>;
}

/** The list of tickets. */
export const ticketList = pagedList<TicketSearch, TicketLine>({
  name: "list of tickets",
  parametersOf,
  load,
  loadRow: async (queries, id) => lineOf(await queries.fetchQuery({ ...ticketQuery(id), staleTime: 0 })),
});

/** How many tickets fit, for a view without a name. */
export async function countTickets(search: TicketSearch, signal?: AbortSignal): Promise<number> {
  const query = { ...filtersOf(search), limit: 1, count: "exact" };
  const { data } = await client.GET("/api/tickets", { params: { query }, signal });
  return data?.total ?? 0;
}

/** Whether a new ticket belongs into a list, as far as that can be told without asking: words and dates cannot. */
function fits(row: TicketLine, filters: ReturnType<typeof parametersOf>): boolean {
  const { status, priority, channel, productArea, contactId, organizationId, tag, sort, ...others } = filters;
  const among = (allowed: string[] | undefined, value: string | null | undefined) =>
    !allowed || (value !== null && value !== undefined && allowed.includes(value));
  return (
    (sort ?? "-createdAt") === "-createdAt" &&
    Object.values(others).every((value) => value === undefined) &&
    among(status, row.status) &&
    among(priority, row.priority) &&
    among(channel, row.channel) &&
    among(productArea, row.productArea) &&
    among(contactId, row.contact?.id) &&
    among(organizationId, row.organization?.id) &&
    (!tag || tag.some((one) => row.tags.includes(one)))
  );
}

/** Puts a ticket that was opened on this page on top of the lists that it belongs to. */
export function addRow(queries: QueryClient, row: TicketLine): void {
  ticketList.add(queries, row, (parameters) => fits(row, parameters as ReturnType<typeof parametersOf>));
}

/** A row of any loaded list, so that a ticket can be shown at once. */
export function knownRow(queries: QueryClient, idOrLabel: string): TicketLine | undefined {
  return ticketList.find(queries, ({ id, label }) => id === idOrLabel || label === idOrLabel);
}
