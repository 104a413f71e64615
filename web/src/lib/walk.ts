import { useState } from "react";
import type { Command } from "./commands";
import { Store } from "./store";

interface Around<R extends { id: string }> {
  /** One of them, many of them: `ticket`, `tickets`. */
  one: string;
  many: string;
  rows: readonly R[];
  /** Whether a row is the one that is open beside the list. */
  isOpen: (row: R) => boolean;
  focusRow: (index: number) => void;
  focusSearch: () => void;
}

/** The keys with which a list is walked through. Its rows have `data-row`. */
export function useWalk<R extends { id: string }>({ one, many, rows, isOpen, focusRow, focusSearch }: Around<R>) {
  // Where the person was, also after the row has left the part of the list that is drawn.
  const [last] = useState(() => new Store<string | null>(null));
  const inFocus = (): string | null => document.activeElement?.closest<HTMLElement>("[data-row]")?.dataset.row ?? null;
  const move = (step: 1 | -1) => {
    if (rows.length === 0) return;
    const now = inFocus() ?? last.get();
    const at = rows.findIndex(({ id }) => id === now);
    const from = at >= 0 ? at : rows.findIndex(isOpen);
    const next = from < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, from + step));
    last.set(rows[next]?.id ?? null);
    focusRow(next);
  };
  /** A key of the list, for the sheet of keys only. */
  const command = (id: string, key: string, label: string, run: () => void): Command => ({
    id: `${many}.${id}`,
    group: `List of ${many}`,
    key,
    label,
    keyOnly: true,
    run,
  });
  const commands = [
    command("next", "j", `Next ${one}`, () => move(1)),
    command("previous", "k", `Previous ${one}`, () => move(-1)),
    command("search", "/", `Search the ${many}`, focusSearch),
  ];
  return { move, inFocus, last: last.get, command, commands };
}
