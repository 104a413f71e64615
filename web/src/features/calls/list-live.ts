import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useEffectEvent, useRef, useState } from "react";
import { paused } from "~/lib/paused";
import { useCallEvents } from "~/live/call-events";
import type { CallSearch } from "./search";
import { type CallLine, HEAD, type Page, callQuery, lineOf, loadPage, restartList, updateRows } from "./use-call-list";

/** The beginning of the list is looked at at most this often, however much is spoken in the desk. */
const PAUSE_MS = 1_500;

/** Keeps a list up to date without moving anything: rows change where they are, calls that came in are gathered. */
export function useListLive(search: CallSearch, key: string, calls: CallLine[], visible: () => string[]) {
  const queries = useQueryClient();
  const [head, setHead] = useState<{ key: string; page: Page } | null>(null);
  const dirty = useRef(new Set<string>());
  const known = new Set(calls.map(({ id }) => id));
  /** Loads rows that changed, as soon as they are in sight. */
  const refreshVisible = useCallback(
    (ids: string[]) => {
      for (const id of ids) {
        if (!dirty.current.delete(id)) continue;
        void queries
          .fetchQuery({ ...callQuery(id), staleTime: 0 })
          .then((call) => updateRows(queries, [lineOf(call)]))
          // The row stays as it is.
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
  useCallEvents("calls", {
    onEvent: (event) => {
      // What was said is not in a row, but whose turn it is to speak with the caller, and how they feel.
      if (event?.type === "call.turn") return;
      // Without an event so much was missed that every row may have changed.
      for (const id of event ? [event.data.callId] : known) if (known.has(id)) dirty.current.add(id);
      soon.current?.call();
    },
  });

  const arrived = head?.key === key ? head.page.items.filter(({ id }) => !known.has(id)) : [];
  return {
    /** Calls that fit the filters and are not in the list yet. */
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
