import { type QueryKey, useInfiniteQuery } from "@tanstack/react-query";

/** One page of a list, as the server gives it. */
interface PageOf<T> {
  items: T[];
  hasMore: boolean;
  nextCursor: string | null;
  offset: number;
  limit: number;
}

/** Where a page begins. */
interface At {
  cursor?: string;
  offset?: number;
}

/** A list that comes page by page, by cursor where the server gives one. */
export function usePages<T>(
  key: QueryKey,
  load: (at: At, signal: AbortSignal) => Promise<{ data?: PageOf<T> | undefined }>,
) {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: async ({ pageParam, signal }) => {
      const { data } = await load(pageParam, signal);
      // Failures are thrown by the client.
      return data as PageOf<T>;
    },
    initialPageParam: {} as At,
    getNextPageParam: (page): At | undefined => {
      if (page.nextCursor) return { cursor: page.nextCursor };
      return page.hasMore ? { offset: page.offset + page.limit } : undefined;
    },
    placeholderData: (before) => before,
  });
  return { ...query, items: query.data?.pages.flatMap((page) => page.items) ?? [] };
}

export type Pages<T> = ReturnType<typeof usePages<T>>;
