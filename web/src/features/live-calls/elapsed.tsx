import { useSyncExternalStore } from "react";
import { clock } from "~/lib/calls";

const STEP_MS = 1_000;

let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (!timer) {
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

/** How long a call lasts, second by second; all calls tick together. */
export function Elapsed({ since, until }: { since: string; until: string | null }) {
  const current = useSyncExternalStore(subscribe, () => now);
  return <time>{clock((until ? Date.parse(until) : current) - Date.parse(since))}</time>;
}
