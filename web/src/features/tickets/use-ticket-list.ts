import {
  type InfiniteData,
  type QueryClient,
  infiniteQueryOptions,
  useInfiniteQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { type Schemas, type TicketLine, client } from "~/api/client";
import type { TicketSearch } from "./search";
import { filtersOf } from "./search";

/** Rows of the first page, which is also what is looked at again when something happened. */
export const HEAD = 50;
/** Rows of every other page: the most that the server gives. */
const PAGE = 100;
/** A list that is older than this begins anew when it is opened again. */
const STALE_MS = 30_000;
/** Not the key of a plain query: a long list is never loaded again as a whole, but row by row. */
const LIST = "list of tickets";

export type Page = Schemas["Page_TicketLine"];
type Pages = InfiniteData<Page, string | undefined>;

function parametersOf(search: TicketSearch) {
  return { ...filtersOf(search), sort: search.sort };
}

/** One page of the list. */
export async function loadPage(search: TicketSearch, limit: number, cursor?: string, signal?: AbortSignal) {
  const query = { ...parametersOf(search), limit, cursor };
  const { data } = await client.GET("/api/tickets", { params: { query }, signal });
  // Failures are thrown by the client.
  return data as Page;
}

/** The list of tickets, page by page. */
export function ticketListQuery(search: TicketSearch) {
  return infiniteQueryOptions({
    queryKey: [LIST, parametersOf(search)],
    queryFn: ({ pageParam, signal }) => loadPage(search, pageParam ? PAGE : HEAD, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    // Live events say what changed.
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
}

/** How many tickets fit, for a view without a name. */
export async function countTickets(search: TicketSearch, signal?: AbortSignal): Promise<number> {
  const query = { ...filtersOf(search), limit: 1, count: "exact" };
  const { data } = await client.GET("/api/tickets", { params: { query }, signal });
  return data?.total ?? 0;
}

export function useTicketList(search: TicketSearch) {
  const queries = useQueryClient();
  const options = ticketListQuery(search);
  const list = useInfiniteQuery({
    ...options,
    // While a filter changes, the old list stays where it is.
    placeholderData: (before) => before,
  });
  const key = JSON.stringify(options.queryKey);
  useEffect(() => {
    const { queryKey } = ticketListQuery(search);
    const state = queries.getQueryState(queryKey);
    if (!state?.data || Date.now() - state.dataUpdatedAt < STALE_MS) return;
    // Opened again after a while: only the first page is shown and loaded anew.
    queries.setQueryData<Pages>(queryKey, (old) => old && firstPage(old));
    void queries.invalidateQueries({ queryKey, exact: true });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the key stands for the search
  }, [key, queries]);
  const tickets = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  return { ...list, tickets, key };
}

function firstPage({ pages, pageParams }: Pages): Pages {
  return { pages: pages.slice(0, 1), pageParams: pageParams.slice(0, 1) };
}

/** Lets a list begin with a page that was just loaded. */
export function restartList(queries: QueryClient, search: TicketSearch, head: Page): void {
  queries.setQueryData<Pages>(ticketListQuery(search).queryKey, { pages: [head], pageParams: [undefined] });
}

/** Changes rows where they are, in every list that has them. */
export function patchRows(queries: QueryClient, change: (row: TicketLine) => TicketLine): void {
  queries.setQueriesData<Pages>({ queryKey: [LIST] }, (old) => {
    if (!old) return old;
    let changed = false;
    const pages = old.pages.map((page) => {
      const items = page.items.map((row) => {
        const now = change(row);
        changed ||= now !== row;
        return now;
      });
      return { ...page, items };
    });
    return changed ? { ...old, pages } : old;
  });
}

/** Puts newer rows in the place of older ones with the same id. */
export function updateRows(queries: QueryClient, rows: TicketLine[]): void {
  const newer = new Map(rows.map((row) => [row.id, row]));
  patchRows(queries, (row) => {
    const now = newer.get(row.id);
    return now && now.version >= row.version && now.updatedAt !== row.updatedAt ? now : row;
  });
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
  for (const { queryKey } of queries.getQueryCache().findAll({ queryKey: [LIST] })) {
    if (!fits(row, queryKey[1] as ReturnType<typeof parametersOf>)) continue;
    queries.setQueryData<Pages>(queryKey, (old) => {
      const [first, ...rest] = old?.pages ?? [];
      if (!old || !first || old.pages.some(({ items }) => items.some(({ id }) => id === row.id))) return old;
      return { ...old, pages: [{ ...first, items: [row, ...first.items] }, ...rest] };
    });
  }
}

/** A row of any loaded list, so that a ticket can be shown at once. */
export function knownRow(queries: QueryClient, idOrLabel: string): TicketLine | undefined {
  for (const [, data] of queries.getQueriesData<Pages>({ queryKey: [LIST] })) {
    for (const page of data?.pages ?? []) {
      const row = page.items.find(({ id, label }) => id === idOrLabel || label === idOrLabel);
      if (row) return row;
    }
  }
  return undefined;
}
