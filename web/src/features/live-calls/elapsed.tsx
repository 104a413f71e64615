import { useSyncExternalStore } from "react";
import { clock } from "~/lib/calls";
import { ticking } from "~/lib/ticking";

const seconds = ticking(1_000);

/** How long a call lasts, second by second; all calls tick together. */
export function Elapsed({ since, until }: { since: string; until: string | null }) {
  const current = useSyncExternalStore(seconds.subscribe, seconds.now);
  return <time>{clock((until ? Date.parse(until) : current) - Date.parse(since))}</time>;
}
