import { type Query, type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { paused } from "~/lib/paused";
import { tell } from "./bus";
import type { LiveEvent } from "./frames";
import { dropPartial, notePartial } from "./partials";
import { forgetViewers, noteViewers } from "./presence";
import { listen } from "./socket";

/** What counts tickets is loaded again at most this often, however much happens in the desk. */
const COUNTS_PAUSE_MS = 2_000;

/** Never stale: nothing of it changes while a page is open. */
const LOOKUPS = "/api/lookups";
const VIEWS = "/api/saved-views";
const ESCALATIONS = "/api/escalations";
const OF_ONE_TICKET = "/api/tickets/{id}";
const CONVERSATION = "/api/copilot/v1/conversation/{ticketId}";

/** Turns live events into stale queries for as long as the component is shown. */
export function useLive(): void {
  const queries = useQueryClient();
  useEffect(() => {
    const counts = paused(() => {
      void queries.invalidateQueries({ queryKey: ["get", VIEWS] });
      void queries.invalidateQueries({ queryKey: ["count of tickets"] });
    }, COUNTS_PAUSE_MS);
    const stop = listen({
      onEvent: (event) => {
        follow(queries, event, counts.call);
        tell(event);
      },
      onResync: () => {
        // The list of tickets loads itself again, row by row: it may be very long.
        void queries.invalidateQueries({
          predicate: ({ queryKey }) => queryKey[0] === "get" && queryKey[1] !== LOOKUPS,
        });
        forgetViewers();
        counts.call();
        tell(null);
      },
    });
    return () => {
      stop();
      counts.cancel();
    };
  }, [queries]);
}

function follow(queries: QueryClient, event: LiveEvent, countAgain: () => void): void {
  switch (event.type) {
    case "ticket.presence":
      noteViewers(event.data.ticketId, event.data.viewers);
      break;
    case "suggestion.partial":
      notePartial(event.data.suggestionId, event.data.text);
      break;
    case "suggestion.updated":
      if (event.data.state === "success" || event.data.state === "error") dropPartial(event.data.suggestionId);
      invalidate(queries, event.data.ticketId, [`${OF_ONE_TICKET}/suggestions`, CONVERSATION]);
      break;
    case "escalation.created":
      void queries.invalidateQueries({ queryKey: ["get", ESCALATIONS] });
      break;
    default:
      invalidate(queries, event.data.ticketId, [OF_ONE_TICKET, `${OF_ONE_TICKET}/events`]);
      void queries.invalidateQueries({ queryKey: ["get", ESCALATIONS] });
      countAgain();
  }
}

/** Which queries an event makes stale: those of its ticket, by the path or by the id that the answer had. */
function invalidate(queries: QueryClient, ticketId: string, paths: string[]): void {
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
