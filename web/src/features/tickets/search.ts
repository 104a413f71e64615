import type { Schemas } from "~/api/client";
import { anyOf, compact, date, ids, text, values, weekHourOf, whole } from "~/lib/list-search";
import { z } from "~/lib/zod";

export const STATUSES = ["OPEN", "IN_PROGRESS", "WAITING_ON_CUSTOMER", "ESCALATED", "RESOLVED", "CLOSED"] as const;
export const PRIORITIES = ["LOW", "MEDIUM", "HIGH", "URGENT"] as const;
export const CHANNELS = ["WEB", "EMAIL", "CHAT", "PHONE", "API"] as const;
export const SORTS = ["-createdAt", "createdAt", "-updatedAt", "-priority", "-number"] as const;

export const MOODS = ["positive", "neutral", "negative"] as const;
/** What a person made of a suggestion of the copilot. */
export const VERDICTS = ["accepted", "edited", "rejected", "unjudged"] as const;

/** One of a few values. */
function oneOf(allowed: readonly string[]) {
  return z.catch(z.optional(z.string().check(z.refine((text) => allowed.includes(text)))), undefined);
}

/** Filters of the list, as they are in the address: a view is an address. */
export const TicketSearch = z.object({
  status: anyOf(STATUSES),
  priority: anyOf(PRIORITIES),
  channel: anyOf(CHANNELS),
  productArea: text,
  assigneeId: ids,
  organizationId: ids,
  contactId: ids,
  deviceId: ids,
  tag: text,
  sentiment: anyOf(MOODS),
  /** What became of a suggestion of the copilot, and when that was asked for. */
  copilot: anyOf(VERDICTS),
  copilotFrom: date,
  copilotTo: date,
  /** Who asked for it. */
  copilotById: ids,
  /** Who wrote to the customer, and when. */
  repliedById: ids,
  repliedFrom: date,
  repliedTo: date,
  sla: oneOf(["breached", "due_soon"]),
  createdFrom: date,
  createdTo: date,
  /** An hour of the week on the clocks of a time zone, in which it was opened: a cell of the heat map. */
  weekday: whole(1, 7),
  hour: whole(0, 23),
  timezone: text,
  resolvedFrom: date,
  resolvedTo: date,
  firstRespondedFrom: date,
  firstRespondedTo: date,
  q: text,
  sort: oneOf(SORTS),
  /** The saved view that the filters began with. */
  view: ids,
});

export type TicketSearch = z.infer<typeof TicketSearch>;

/** Filters with several values. */
export const LISTS = [
  "status",
  "priority",
  "channel",
  "productArea",
  "assigneeId",
  "organizationId",
  "contactId",
  "deviceId",
  "tag",
  "sentiment",
  "copilot",
  "repliedById",
] as const;
/** Filters with one value. */
const SINGLES = [
  "sla",
  "createdFrom",
  "createdTo",
  "resolvedFrom",
  "resolvedTo",
  "firstRespondedFrom",
  "firstRespondedTo",
  "q",
] as const;

export type ListFilter = (typeof LISTS)[number];

/** The filters as the server takes them: those that are set, in a fixed order, so that they can be part of a key. */
export function filtersOf(search: TicketSearch) {
  const lists = LISTS.filter((name) => search[name]).map((name) => [name, values(search[name])] as const);
  const singles = SINGLES.filter((name) => search[name]).map((name) => [name, search[name]] as const);
  const { copilot, copilotFrom, copilotTo, copilotById, createdFrom, createdTo } = search;
  const { repliedById, repliedFrom, repliedTo } = search;
  return {
    ...(Object.fromEntries<string[] | string | undefined>([...lists, ...singles]) as Partial<
      Record<ListFilter, string[]> & Record<(typeof SINGLES)[number], string>
    >),
    // When it was asked for, and by whom, means nothing without what became of it.
    ...(copilot && copilotFrom && { copilotFrom }),
    ...(copilot && copilotTo && { copilotTo }),
    ...(copilot && copilotById && { copilotById: values(copilotById) }),
    ...(repliedById && repliedFrom && { repliedFrom }),
    ...(repliedById && repliedTo && { repliedTo }),
    ...weekHourOf(search, createdFrom, createdTo),
  };
}

/** The filters for a saved view. Those that are not set may be left out, which the types of the document cannot say. */
export function filtersIn(search: TicketSearch): Schemas["ViewFilters"] {
  return filtersOf(search) as Schemas["ViewFilters"];
}

/** Whether anything is filtered at all. */
export function isFiltered(search: TicketSearch): boolean {
  return Object.keys(filtersOf(search)).length > 0;
}

/** Whether two addresses show the same list. */
export function sameList(a: TicketSearch, b: TicketSearch): boolean {
  const key = (search: TicketSearch) => JSON.stringify([filtersOf(search), search.sort ?? SORTS[0]]);
  return key(a) === key(b);
}

/** The address of a saved view. */
export function searchOfView(view: { id: string; filters: object; sort: string }): TicketSearch {
  const plain = Object.entries(view.filters).map(([name, value]: [string, unknown]) => [
    name,
    Array.isArray(value) ? value.join(",") : value,
  ]);
  const sort = view.sort === SORTS[0] ? undefined : view.sort;
  return compact(z.parse(TicketSearch, { ...Object.fromEntries(plain), sort, view: view.id }));
}

/** Names that may be typed before a colon, and what they filter. */
const TYPED: Record<string, ListFilter | "sla"> = {
  status: "status",
  is: "status",
  priority: "priority",
  channel: "channel",
  area: "productArea",
  assignee: "assigneeId",
  tag: "tag",
  sla: "sla",
};

const ALLOWED: Partial<Record<string, readonly string[]>> = {
  status: STATUSES,
  priority: PRIORITIES,
  channel: CHANNELS,
  assigneeId: ["me", "none"],
  sla: ["breached", "due_soon"],
};

/**
 * Takes filters out of what was typed: `vpn priority:urgent assignee:me` searches for `vpn` among the urgent tickets of
 * one's own. What is no filter stays among the words.
 */
export function readTyped(typed: string): { words: string; filters: TicketSearch } {
  const words: string[] = [];
  const found = new Map<string, string[]>();
  for (const word of typed.split(/\s+/).filter(Boolean)) {
    const [name = "", value = ""] = word.split(/:(.*)/s);
    const filter = TYPED[name.toLowerCase()];
    const allowed = filter && ALLOWED[filter];
    const meant = allowed ? allowed.find((one) => one.toLowerCase() === value.toLowerCase()) : value;
    if (filter && meant) found.set(filter, [...(found.get(filter) ?? []), meant]);
    else words.push(word);
  }
  const filters = Object.fromEntries([...found].map(([filter, all]) => [filter, all.join(",")]));
  return { words: words.join(" "), filters: compact(z.parse(TicketSearch, filters)) };
}
