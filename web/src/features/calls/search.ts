import { AGENTS, CALL_STATUSES, ENGINES, MOODS, OUTCOMES } from "~/lib/calls";
import { anyOf, date, ids, text, values, weekHourOf, whole } from "~/lib/list-search";
import { z } from "~/lib/zod";

const keysOf = (all: readonly { key: string }[]) => all.map(({ key }) => key);

/** Filters of the list, as they are in the address. */
export const CallSearch = z.object({
  status: anyOf(keysOf(CALL_STATUSES)),
  agent: anyOf(keysOf(AGENTS)),
  /** Who handed the call on to another one. */
  handedOnBy: anyOf(keysOf(AGENTS)),
  resolution: anyOf(keysOf(OUTCOMES)),
  sentiment: anyOf(keysOf(MOODS)),
  engine: anyOf(keysOf(ENGINES)),
  /** Only calls that were, or were not, handed to a person. */
  wasEscalated: z.catch(z.optional(z.coerce.string().check(z.regex(/^(true|false)$/))), undefined),
  organizationId: ids,
  contactId: ids,
  deviceId: ids,
  ticketId: ids,
  dateFrom: date,
  dateTo: date,
  /** An hour of the week on the clocks of a time zone: a cell of the heat map. */
  weekday: whole(1, 7),
  hour: whole(0, 23),
  timezone: text,
  q: text,
  sort: z.catch(z.optional(z.enum(["startedAt"])), undefined),
});

export type CallSearch = z.infer<typeof CallSearch>;

/** Filters with several values. */
export const LISTS = [
  "status",
  "agent",
  "handedOnBy",
  "resolution",
  "sentiment",
  "engine",
  "organizationId",
  "contactId",
  "deviceId",
  "ticketId",
] as const;

export type ListFilter = (typeof LISTS)[number];

/** The filters as the server takes them: those that are set, in a fixed order, so that they can be part of a key. */
export function filtersOf(search: CallSearch) {
  const { wasEscalated, dateFrom, dateTo, q } = search;
  const lists = LISTS.filter((name) => search[name]).map((name) => [name, values(search[name])] as const);
  return {
    ...(Object.fromEntries(lists) as Partial<Record<ListFilter, string[]>>),
    ...(wasEscalated && { wasEscalated: wasEscalated === "true" }),
    ...(dateFrom && { dateFrom }),
    ...(dateTo && { dateTo }),
    ...weekHourOf(search, dateFrom, dateTo),
    ...(q && { q }),
  };
}

/** Whether anything is filtered at all. */
export function isFiltered(search: CallSearch): boolean {
  return Object.keys(filtersOf(search)).length > 0;
}
