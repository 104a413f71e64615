import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { client } from "~/api/client";
import type { TicketSearch } from "./search";
import { values } from "./search";

const PAGE = 50;

/** The list of tickets, page by page. */
export function ticketListQuery({ status, priority, q }: TicketSearch) {
  const filters = { status: values(status), priority: values(priority), q, limit: PAGE };
  return infiniteQueryOptions({
    queryKey: ["get", "/api/tickets", filters],
    queryFn: async ({ pageParam, signal }) => {
      const query = { ...filters, cursor: pageParam };
      const { data } = await client.GET("/api/tickets", { params: { query }, signal });
      // Failures are thrown by the client.
      return data as NonNullable<typeof data>;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
}

export function useTicketList(search: TicketSearch) {
  const list = useInfiniteQuery({
    ...ticketListQuery(search),
    // While a filter changes, the old list stays where it is.
    placeholderData: (before) => before,
  });
  return { ...list, tickets: list.data?.pages.flatMap((page) => page.items) ?? [] };
}
