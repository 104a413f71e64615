import { useSyncExternalStore } from "react";
import { age, fullTime, shortAge } from "~/lib/time";

/** Ages move on twice a minute, all of them together. */
const STEP_MS = 30_000;

let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (!timer) {
    // Nobody listened for a while, so the clock may be behind; React asks for it again after subscribing.
    now = Date.now();
    timer = setInterval(() => {
      now = Date.now();
      for (const tell of listeners) tell();
    }, STEP_MS);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The time of day for ages: it stands still between steps, so that a page agrees with itself. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

/** How long ago something was, with the full time on hover. */
export function Age({ at, short = false }: { at: string; short?: boolean }) {
  const current = useNow();
  return (
    <time dateTime={at} title={fullTime(at)}>
      {short ? shortAge(at, current) : age(at, current)}
    </time>
  );
}
