import { useEffect, useEffectEvent } from "react";
import type { LiveEvent } from "./frames";

/** What happened, or `null` when so much was missed that nobody can say. */
type Heard = LiveEvent | null;

const listeners = new Set<(event: Heard) => void>();

/** Tells every listener of this page. */
export function tell(event: Heard): void {
  for (const listener of listeners) listener(event);
}

/** Hears live events while the component is shown. */
export function useLiveEvents(callback: (event: Heard) => void): void {
  const heard = useEffectEvent(callback);
  useEffect(() => {
    const listener = (event: Heard) => heard(event);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }, []);
}
