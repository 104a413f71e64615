/**
 * Works at once. What is asked for while it works, or within the pause after it, comes once more behind it: however many
 * ask, there is one at a time, and the last is never forgotten.
 */
export function coalesce(work: () => Promise<unknown>, pauseMs: number): { call: () => void; cancel: () => void } {
  let busy = false;
  let again = false;
  let round = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const run = () => {
    const mine = round;
    busy = true;
    again = false;
    void work()
      .catch(() => undefined)
      .finally(() => {
        if (mine !== round) return;
        timer = setTimeout(() => {
          busy = false;
          if (again) run();
        }, pauseMs);
      });
  };
  return {
    call: () => {
      if (busy) again = true;
      else run();
    },
    /** Forgets what was asked for. */
    cancel: () => {
      round += 1;
      clearTimeout(timer);
      busy = false;
      again = false;
    },
  };
}
