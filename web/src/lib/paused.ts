/** Calls at once, then at most once per pause, and never forgets the last call. */
export function paused(work: () => void, pauseMs: number): { call: () => void; cancel: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let again = false;
  const run = () => {
    again = false;
    work();
    timer = setTimeout(() => {
      timer = undefined;
      if (again) run();
    }, pauseMs);
  };
  return {
    call: () => {
      if (timer) again = true;
      else run();
    },
    cancel: () => clearTimeout(timer),
  };
}
