import { CircleUserRound, Inbox, type LucideIcon, Rows3, UserRoundX } from "lucide-react";

const OPEN = "OPEN,IN_PROGRESS,WAITING_ON_CUSTOMER,ESCALATED";

/** Filters of the list of tickets as they are in its address. */
export type ViewSearch = Record<string, string>;

/** The views that every desk has. */
export const VIEWS: { name: string; icon: LucideIcon; search: ViewSearch; counted: boolean }[] = [
  { name: "Inbox", icon: Inbox, search: { status: OPEN }, counted: true },
  { name: "Assigned to me", icon: CircleUserRound, search: { status: OPEN, assigneeId: "me" }, counted: true },
  { name: "Unassigned", icon: UserRoundX, search: { status: OPEN, assigneeId: "none" }, counted: true },
  { name: "All tickets", icon: Rows3, search: {}, counted: false },
];

const NEWEST_FIRST = "-createdAt";

/** The address of a saved view: several values stand with commas between them, and an order only when it is not the usual. */
export function searchOf(filters: unknown, sort?: string): ViewSearch {
  const search: ViewSearch = {};
  for (const [name, value] of Object.entries((filters ?? {}) as Record<string, unknown>)) {
    const text = Array.isArray(value) ? value.join(",") : typeof value === "string" ? value : "";
    if (text) search[name] = text;
  }
  if (sort && sort !== NEWEST_FIRST) search.sort = sort;
  return search;
}

/** Whether a view shows what a built-in one shows, in whatever order. */
export function isBuiltIn(search: ViewSearch): boolean {
  return VIEWS.some((view) => filtersOf(view.search) === filtersOf(search));
}

function filtersOf(search: ViewSearch): string {
  const filters = Object.entries(search).filter(([name]) => name !== "sort");
  return JSON.stringify(filters.sort());
}
