import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useEffectEvent, useRef, useState } from "react";
import type { TicketLine } from "~/api/client";
import { ticketQuery } from "~/api/queries";
import { paused } from "~/lib/paused";
import { useLiveEvents } from "~/live/bus";
import { lineOf } from "./lines";
import type { TicketSearch } from "./search";
import { HEAD, type Page, loadPage, restartList, updateRows } from "./use-ticket-list";

/** The beginning of the list is looked at at most this often, however much happens in the desk. */
const PAUSE_MS = 1_000;

/**
 * Keeps a list up to date without moving anything: rows change where they are, tickets that came in are gathered until
 * somebody wants to see them.
 */
export function useListLive(search: TicketSearch, key: string, tickets: TicketLine[], visible: () => string[]) {
  const queries = useQueryClient();
  const [head, setHead] = useState<{ key: string; page: Page } | null>(null);
  const dirty = useRef(new Set<string>());

  const known = new Set(tickets.map(({ id }) => id));
  /** Loads rows that changed, as soon as they are in sight. */
  const refreshVisible = useCallback(
    (ids: string[]) => {
      for (const id of ids) {
        if (!dirty.current.delete(id)) continue;
        void queries
          .fetchQuery({ ...ticketQuery(id), staleTime: 0 })
          .then((ticket) => updateRows(queries, [lineOf(ticket)]))
          // The row stays as it is; a ticket that is gone is gone when the list is loaded anew.
          .catch(() => undefined);
      }
    },
    [queries],
  );
  const check = useEffectEvent(async () => {
    try {
      const page = await loadPage(search, HEAD);
      updateRows(queries, page.items);
      for (const { id } of page.items) dirty.current.delete(id);
      setHead({ key, page });
      refreshVisible(visible());
    } catch {
      // The next event, or coming back to the page, looks again.
    }
  });
  const soon = useRef<ReturnType<typeof paused>>(undefined);
  useEffect(() => {
    const checks = paused(() => void check(), PAUSE_MS);
    soon.current = checks;
    const back = () => document.visibilityState === "visible" && checks.call();
    document.addEventListener("visibilitychange", back);
    return () => {
      checks.cancel();
      document.removeEventListener("visibilitychange", back);
    };
  }, []);

  useLiveEvents((event) => {
    if (event && (!event.type.startsWith("ticket.") || event.type === "ticket.presence")) return;
    // Without an event so much was missed that every row may have changed.
    for (const id of event ? [event.data.ticketId] : known) if (known.has(id)) dirty.current.add(id);
    soon.current?.call();
  });

  const arrived = head?.key === key ? head.page.items.filter(({ id }) => !known.has(id)) : [];
  return {
    /** Tickets that fit the filters and are not in the list yet. */
    arrived: arrived.length,
    /** Lets the list begin anew with them. */
    showArrived: () => {
      if (head?.key === key) restartList(queries, search, head.page);
      setHead(null);
    },
    /** To be called when other rows came into sight. */
    refreshVisible,
  };
}
