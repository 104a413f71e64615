import { type Query, type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { LiveEvent } from "./frames";
import { listen } from "./socket";

/** The list is loaded again at most this often, however much happens in the desk. */
const LIST_PAUSE_MS = 500;

/** Never stale: nothing of it changes while a page is open. */
const LOOKUPS = "/api/lookups";
const LIST = "/api/tickets";
const OF_ONE_TICKET = "/api/tickets/{id}";
const CONVERSATION = "/api/copilot/v1/conversation/{ticketId}";

/** Turns live events into stale queries for as long as the component is shown. */
export function useLive(): void {
  const queries = useQueryClient();
  useEffect(() => {
    const refreshList = paused(() => void queries.invalidateQueries({ queryKey: ["get", LIST] }));
    const stop = listen({
      onEvent: (event) => {
        invalidateTicket(queries, event);
        if (event.type !== "suggestion.updated") refreshList.call();
      },
      onResync: () => void queries.invalidateQueries({ predicate: (query) => query.queryKey[1] !== LOOKUPS }),
    });
    return () => {
      stop();
      refreshList.cancel();
    };
  }, [queries]);
}

/** Which queries an event makes stale: those of its ticket, by the path or by the id that the answer had. */
function invalidateTicket(queries: QueryClient, event: LiveEvent): void {
  const { ticketId } = event.data;
  const paths =
    event.type === "suggestion.updated"
      ? [`${OF_ONE_TICKET}/suggestions`, CONVERSATION]
      : [OF_ONE_TICKET, `${OF_ONE_TICKET}/events`];
  void queries.invalidateQueries({
    predicate: (query) => paths.includes(String(query.queryKey[1])) && isAbout(query, ticketId),
  });
}

function isAbout(query: Query, ticketId: string): boolean {
  const init = query.queryKey[2] as { params?: { path?: { id?: string; ticketId?: string } } } | undefined;
  const path = init?.params?.path;
  if (path?.id === ticketId || path?.ticketId === ticketId) return true;
  const data = query.state.data as { id?: string } | undefined;
  return data?.id === ticketId;
}

/** Calls at once, then at most once per pause, and never forgets the last call. */
function paused(work: () => void): { call: () => void; cancel: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let again = false;
  const run = () => {
    again = false;
    work();
    timer = setTimeout(() => {
      timer = undefined;
      if (again) run();
    }, LIST_PAUSE_MS);
  };
  return {
    call: () => {
      if (timer) again = true;
      else run();
    },
    cancel: () => clearTimeout(timer),
  };
}
