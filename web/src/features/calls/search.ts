import { AGENTS, CALL_STATUSES, ENGINES, MOODS, OUTCOMES } from "~/lib/calls";
import { z } from "~/lib/zod";

/** Longest text of words or of one filter, in characters. */
const LONGEST = 200;

/** Values with commas between them; what is not allowed is left out, so that an old address still opens. */
function anyOf(allowed: readonly { key: string }[]) {
  return z.catch(
    z.optional(
      z.pipe(
        z.string(),
        z.transform((text) => {
          const wanted = text.toLowerCase().split(",");
          const known = allowed.map(({ key }) => key).filter((key) => wanted.includes(key.toLowerCase()));
          return known.join(",") || undefined;
        }),
      ),
    ),
    undefined,
  );
}

const text = z.catch(z.optional(z.string().check(z.minLength(1), z.maxLength(LONGEST))), undefined);
const ids = z.catch(z.optional(z.string().check(z.regex(/^[a-z0-9]+(,[a-z0-9]+)*$/))), undefined);
const date = z.catch(z.optional(z.string().check(z.regex(/^\d{4}-\d\d-\d\d/))), undefined);
const whole = (least: number, most: number) =>
  z.catch(z.optional(z.coerce.number().check(z.int(), z.minimum(least), z.maximum(most))), undefined);

/** Filters of the list, as they are in the address. */
export const CallSearch = z.object({
  status: anyOf(CALL_STATUSES),
  agent: anyOf(AGENTS),
  resolution: anyOf(OUTCOMES),
  sentiment: anyOf(MOODS),
  engine: anyOf(ENGINES),
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
  "resolution",
  "sentiment",
  "engine",
  "organizationId",
  "contactId",
  "deviceId",
  "ticketId",
] as const;

export type ListFilter = (typeof LISTS)[number];

/** The values of a filter. */
export function values(filter: string | undefined): string[] {
  return filter ? filter.split(",") : [];
}

/** The filters as the server takes them: those that are set, in a fixed order, so that they can be part of a key. */
export function filtersOf(search: CallSearch) {
  const { wasEscalated, dateFrom, dateTo, weekday, hour, timezone, q } = search;
  const lists = LISTS.filter((name) => search[name]).map((name) => [name, values(search[name])] as const);
  const hourOfWeek = isHourOfWeek(search) ? { weekday, hour, timezone } : {};
  return {
    ...(Object.fromEntries(lists) as Partial<Record<ListFilter, string[]>>),
    ...(wasEscalated && { wasEscalated: wasEscalated === "true" }),
    ...(dateFrom && { dateFrom }),
    ...(dateTo && { dateTo }),
    ...hourOfWeek,
    ...(q && { q }),
  };
}

/** Whether the address names an hour of the week: that takes a zone and days as well. */
export function isHourOfWeek({ weekday, hour, timezone, dateFrom, dateTo }: CallSearch): boolean {
  return (
    weekday !== undefined &&
    hour !== undefined &&
    timezone !== undefined &&
    dateFrom !== undefined &&
    dateTo !== undefined
  );
}

/** Whether anything is filtered at all. */
export function isFiltered(search: CallSearch): boolean {
  return Object.keys(filtersOf(search)).length > 0;
}

/** Without the filters that are not set. */
export function compact(search: CallSearch): CallSearch {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as CallSearch;
}
