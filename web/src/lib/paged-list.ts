import {
  type InfiniteData,
  type QueryClient,
  infiniteQueryOptions,
  useInfiniteQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useEffect, useMemo } from "react";

/** Rows of the first page, which is also what is looked at again when something happened. */
export const HEAD = 50;
/** Rows of every other page: the most that the server gives. */
const PAGE = 100;
/** A list that is older than this begins anew when it is opened again. */
const STALE_MS = 30_000;

export interface Row {
  id: string;
  version: number;
  updatedAt: string;
}

export interface Page<R> {
  items: R[];
  nextCursor: string | null;
}

type Pages<R> = InfiniteData<Page<R>, string | undefined>;

interface Recipe<S, R extends Row> {
  /** What its queries are named. Not the key of a plain query: a long list is never loaded again as a whole. */
  name: string;
  /** The filters and the order of an address, as the server takes them. */
  parametersOf: (search: S) => object;
  /** One page. Failures are thrown. */
  load: (search: S, limit: number, cursor?: string, signal?: AbortSignal) => Promise<Page<R>>;
  /** One row, as it is now. */
  loadRow: (queries: QueryClient, id: string) => Promise<R>;
  /** What of an older row stays when a newer one takes its place. */
  keep?: (old: R, now: R) => R;
}

/** A list with more rows than are loaded at once: its queries by filters (`S`), and ways to change rows where they are. */
export type PagedList<S, R extends Row> = ReturnType<typeof pagedList<S, R>>;

export function pagedList<S, R extends Row>({
  name,
  parametersOf,
  load,
  loadRow,
  keep = (_, now) => now,
}: Recipe<S, R>) {
  const query = (search: S) =>
    infiniteQueryOptions({
      queryKey: [name, parametersOf(search)],
      queryFn: ({ pageParam, signal }) => load(search, pageParam ? PAGE : HEAD, pageParam, signal),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.nextCursor ?? undefined,
      // Live events say what changed.
      staleTime: Infinity,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
    });
  /** Changes rows where they are, in every list that has them. */
  const patch = (queries: QueryClient, change: (row: R) => R): void => {
    queries.setQueriesData<Pages<R>>({ queryKey: [name] }, (old) => {
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
  };
  return {
    name,
    query,
    load,
    loadRow,
    patch,
    /** Puts newer rows in the place of older ones with the same id. */
    update: (queries: QueryClient, rows: R[]): void => {
      const newer = new Map(rows.map((row) => [row.id, row]));
      patch(queries, (row) => {
        const now = newer.get(row.id);
        return now && now.version >= row.version && now.updatedAt !== row.updatedAt ? keep(row, now) : row;
      });
    },
    /** Lets a list begin with a page that was just loaded. */
    restart: (queries: QueryClient, search: S, head: Page<R>): void => {
      queries.setQueryData<Pages<R>>(query(search).queryKey, { pages: [head], pageParams: [undefined] });
    },
    /** Puts a row on top of the lists whose parameters it fits. */
    add: (queries: QueryClient, row: R, fits: (parameters: unknown) => boolean): void => {
      for (const { queryKey } of queries.getQueryCache().findAll({ queryKey: [name] })) {
        if (!fits(queryKey[1])) continue;
        queries.setQueryData<Pages<R>>(queryKey, (old) => {
          const [first, ...rest] = old?.pages ?? [];
          if (!old || !first || old.pages.some(({ items }) => items.some(({ id }) => id === row.id))) return old;
          return { ...old, pages: [{ ...first, items: [row, ...first.items] }, ...rest] };
        });
      }
    },
    /** A row of any list that is loaded. */
    find: (queries: QueryClient, isWanted: (row: R) => boolean): R | undefined => {
      for (const [, data] of queries.getQueriesData<Pages<R>>({ queryKey: [name] })) {
        for (const { items } of data?.pages ?? []) {
          const row = items.find(isWanted);
          if (row) return row;
        }
      }
      return undefined;
    },
  };
}

/** The rows that fit an address, page by page. */
export function usePagedList<S, R extends Row>(list: PagedList<S, R>, search: S) {
  const queries = useQueryClient();
  const options = list.query(search);
  const loaded = useInfiniteQuery({
    ...options,
    // While a filter changes, the old list stays where it is.
    placeholderData: (before) => before,
  });
  const key = JSON.stringify(options.queryKey);
  useEffect(() => {
    const { queryKey } = list.query(search);
    const state = queries.getQueryState(queryKey);
    if (!state?.data || Date.now() - state.dataUpdatedAt < STALE_MS) return;
    // Opened again after a while: only the first page is shown and loaded anew.
    queries.setQueryData<Pages<R>>(queryKey, (old) => old && firstPage(old));
    void queries.invalidateQueries({ queryKey, exact: true });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the key stands for the search
  }, [key, queries]);
  const rows = useMemo(() => loaded.data?.pages.flatMap((page) => page.items) ?? [], [loaded.data]);
  return { ...loaded, rows, key };
}

function firstPage<R>({ pages, pageParams }: Pages<R>): Pages<R> {
  return { pages: pages.slice(0, 1), pageParams: pageParams.slice(0, 1) };
}
