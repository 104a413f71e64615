import { useState } from "react";

/** Which rows are chosen, and where a range begins. Another list begins with none. */
export function useSelection(listKey: string, order: readonly string[]) {
  const [state, setState] = useState<{ key: string; ids: ReadonlySet<string>; anchor: string | null }>({
    key: listKey,
    ids: new Set(),
    anchor: null,
  });
  const current = state.key === listKey ? state : { key: listKey, ids: new Set<string>(), anchor: null };
  return {
    ids: current.ids,
    /** Chooses a row or takes it out; as a range, everything from the last one chosen to this one as well. */
    toggle: (id: string, range: boolean) => {
      const ids = new Set(current.ids);
      const [from, to] = [order.indexOf(current.anchor ?? ""), order.indexOf(id)];
      if (range && from >= 0 && to >= 0) {
        for (const one of order.slice(Math.min(from, to), Math.max(from, to) + 1)) ids.add(one);
      } else if (!ids.delete(id)) {
        ids.add(id);
      }
      setState({ key: listKey, ids, anchor: id });
    },
    all: () => setState({ key: listKey, ids: new Set(order), anchor: null }),
    clear: () => setState({ key: listKey, ids: new Set(), anchor: null }),
  };
}
