import {
  type InfiniteData,
  type QueryClient,
  infiniteQueryOptions,
  useInfiniteQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { type Schemas, api, client } from "~/api/client";
import { type CallSearch, filtersOf } from "./search";

export type CallLine = Schemas["CallRow"];
export type CallDetail = Schemas["CallDetailRow"];
export type Page = Schemas["Page_CallRow"];
type Pages = InfiniteData<Page, string | undefined>;

/** Rows of the first page, which is also what is looked at again when something happened. */
export const HEAD = 50;
/** Rows of every other page: the most that the server gives. */
const PAGE = 100;
/** A list that is older than this begins anew when it is opened again. */
const STALE_MS = 30_000;
/** Not the key of a plain query: a long list is never loaded again as a whole, but row by row. */
const LIST = "list of calls";

export function callQuery(id: string) {
  return api.queryOptions("get", "/api/calls/{id}", { params: { path: { id } } });
}

function parametersOf(search: CallSearch) {
  return { ...filtersOf(search), ...(search.sort && { sort: search.sort }) };
}

/** One page of the list. */
export async function loadPage(search: CallSearch, limit: number, cursor?: string, signal?: AbortSignal) {
  const query = { ...parametersOf(search), limit, ...(cursor && { cursor }) };
  const { data } = await client.GET("/api/calls", { params: { query }, ...(signal && { signal }) });
  // Failures are thrown by the client.
  return data as Page;
}

/** The list of calls, page by page. */
export function callListQuery(search: CallSearch) {
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

export function useCallList(search: CallSearch) {
  const queries = useQueryClient();
  const options = callListQuery(search);
  const list = useInfiniteQuery({
    ...options,
    // While a filter changes, the old list stays where it is.
    placeholderData: (before) => before,
  });
  const key = JSON.stringify(options.queryKey);
  useEffect(() => {
    const { queryKey } = callListQuery(search);
    const state = queries.getQueryState(queryKey);
    if (!state?.data || Date.now() - state.dataUpdatedAt < STALE_MS) return;
    // Opened again after a while: only the first page is shown and loaded anew.
    queries.setQueryData<Pages>(queryKey, (old) => old && firstPage(old));
    void queries.invalidateQueries({ queryKey, exact: true });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the key stands for the search
  }, [key, queries]);
  const calls = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  return { ...list, calls, key };
}

function firstPage({ pages, pageParams }: Pages): Pages {
  return { pages: pages.slice(0, 1), pageParams: pageParams.slice(0, 1) };
}

/** Lets a list begin with a page that was just loaded. */
export function restartList(queries: QueryClient, search: CallSearch, head: Page): void {
  queries.setQueryData<Pages>(callListQuery(search).queryKey, { pages: [head], pageParams: [undefined] });
}

/** Puts newer rows in the place of older ones with the same id; what was found of the words stays. */
export function updateRows(queries: QueryClient, rows: CallLine[]): void {
  const newer = new Map(rows.map((row) => [row.id, row]));
  queries.setQueriesData<Pages>({ queryKey: [LIST] }, (old) => {
    if (!old) return old;
    let changed = false;
    const pages = old.pages.map((page) => {
      const items = page.items.map((row) => {
        const now = newer.get(row.id);
        if (!now || now.version < row.version || now.updatedAt === row.updatedAt) return row;
        changed = true;
        return { ...now, excerpt: now.excerpt ?? row.excerpt };
      });
      return { ...page, items };
    });
    return changed ? { ...old, pages } : old;
  });
}

/** A row of any loaded list, so that a call can be shown at once. */
export function knownRow(queries: QueryClient, id: string): CallLine | undefined {
  for (const [, data] of queries.getQueriesData<Pages>({ queryKey: [LIST] })) {
    for (const page of data?.pages ?? []) {
      const row = page.items.find((one) => one.id === id);
      if (row) return row;
    }
  }
  return undefined;
}

/** What the list shows of a call with everything around it. */
export function lineOf(call: CallDetail): CallLine {
  const { transcript, turns, interactions, usage, carrierCharges, modelCostUsd, telephonyCostUsd, analysis, ...line } =
    call;
  void [transcript, turns, interactions, usage, carrierCharges, modelCostUsd, telephonyCostUsd, analysis];
  return line;
}
