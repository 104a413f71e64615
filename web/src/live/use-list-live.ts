import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useEffectEvent, useRef, useState } from "react";
import { HEAD, type Page, type PagedList, type Row } from "~/lib/paged-list";
import { paused } from "~/lib/paused";

interface Around<S, R extends Row> {
  list: PagedList<S, R>;
  search: S;
  /** The list that is shown, and what of it is loaded. */
  shown: { key: string; rows: R[] };
  /** Ids of the rows in sight. */
  visible: () => string[];
  /** The beginning of the list is looked at at most this often, however much happens. */
  pauseMs: number;
}

export type ListLive = Omit<ReturnType<typeof useListLive>, "changed">;

/**
 * Keeps a list up to date without moving anything: rows change where they are, those that came in are gathered until
 * somebody wants to see them. What happened is told by `changed`.
 */
export function useListLive<S, R extends Row>({ list, search, shown, visible, pauseMs }: Around<S, R>) {
  const { key, rows } = shown;
  const queries = useQueryClient();
  const [head, setHead] = useState<{ key: string; page: Page<R> } | null>(null);
  const dirty = useRef(new Set<string>());
  const known = new Set(rows.map(({ id }) => id));
  const refreshVisible = useCallback(
    (ids: string[]) => {
      for (const id of ids) {
        if (!dirty.current.delete(id)) continue;
        void list
          .loadRow(queries, id)
          .then((row) => list.update(queries, [row]))
          // The row stays as it is; one that is gone is gone when the list is loaded anew.
          .catch(() => undefined);
      }
    },
    [list, queries],
  );
  const check = useEffectEvent(async () => {
    try {
      const page = await list.load(search, HEAD);
      list.update(queries, page.items);
      for (const { id } of page.items) dirty.current.delete(id);
      setHead({ key, page });
      refreshVisible(visible());
    } catch {
      // The next event, or coming back to the page, looks again.
    }
  });
  const soon = useRef<ReturnType<typeof paused>>(undefined);
  useEffect(() => {
    const checks = paused(() => void check(), pauseMs);
    soon.current = checks;
    const back = () => document.visibilityState === "visible" && checks.call();
    document.addEventListener("visibilitychange", back);
    return () => {
      checks.cancel();
      document.removeEventListener("visibilitychange", back);
    };
  }, [pauseMs]);
  const arrived = head?.key === key ? head.page.items.filter(({ id }) => !known.has(id)) : [];
  return {
    /** Rows that fit the filters and are not in the list yet. */
    arrived: arrived.length,
    /** Lets the list begin anew with them. */
    showArrived: () => {
      if (head?.key === key) list.restart(queries, search, head.page);
      setHead(null);
    },
    /** Loads rows that changed; to be called when other rows came into sight. */
    refreshVisible,
    /** A row changed; null when so much was missed that every row may have. */
    changed: (id: string | null) => {
      for (const one of id === null ? known : [id]) if (known.has(one)) dirty.current.add(one);
      soon.current?.call();
    },
  };
}
