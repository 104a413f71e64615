import { useSyncExternalStore } from "react";
import { ticking } from "~/lib/ticking";
import { age, fullTime, shortAge } from "~/lib/time";

/** Ages move on twice a minute, all of them together. */
const ages = ticking(30_000);

/** The time of day for ages: it stands still between steps, so that a page agrees with itself. */
export function useNow(): number {
  return useSyncExternalStore(ages.subscribe, ages.now);
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
