import { useEffect } from "react";
import { useUser } from "~/api/session";
import { Store, useStore } from "~/lib/store";
import type { Viewer } from "./frames";
import { look } from "./socket";

const viewers = new Store<ReadonlyMap<string, Viewer[]>>(new Map());
const NOBODY: Viewer[] = [];

/** Takes note of who looks at a ticket. */
export function noteViewers(ticketId: string, now: Viewer[]): void {
  const all = new Map(viewers.get());
  if (now.length === 0) all.delete(ticketId);
  else all.set(ticketId, now);
  viewers.set(all);
}

/** The connection broke: nobody knows any more who looks at what. */
export function forgetViewers(): void {
  viewers.set(new Map());
}

/** The others who look at a ticket right now. */
export function useOthers(ticketId: string): Viewer[] {
  const user = useUser();
  const all = useStore(viewers).get(ticketId) ?? NOBODY;
  return all.filter(({ userId }) => userId !== user?.id);
}

/** Tells the others that this person looks at a ticket while the component is shown, and whether a reply is written. */
export function usePresence(ticketId: string, isTyping: boolean): void {
  useEffect(() => {
    look({ ticketId, isTyping });
  }, [ticketId, isTyping]);
  useEffect(() => () => look(null), []);
}
