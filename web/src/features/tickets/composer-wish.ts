import { useEffect, useEffectEvent } from "react";
import { Store, useStore } from "~/lib/store";

type Mode = "reply" | "note" | "macro";

const wish = new Store<{ ticketId: string; mode: Mode } | null>(null);

/** Asks the composer of a ticket to be ready for a reply, a note or a macro, as soon as it is there. */
export function wantComposer(ticketId: string, mode: Mode): void {
  wish.set({ ticketId, mode });
}

/** Calls back when the composer of this ticket is wanted. */
export function useComposerWish(ticketId: string, callback: (mode: Mode) => void): void {
  const wanted = useStore(wish);
  const heard = useEffectEvent(callback);
  useEffect(() => {
    if (wanted?.ticketId !== ticketId) return;
    wish.set(null);
    heard(wanted.mode);
  }, [wanted, ticketId]);
}
