interface Ticking {
  subscribe: (listener: () => void) => () => void;
  now: () => number;
}

/** A clock that moves on in steps of so many milliseconds, for all who look at it together; it runs only while somebody does. */
export function ticking(stepMs: number): Ticking {
  let now = Date.now();
  let timer: ReturnType<typeof setInterval> | undefined;
  const listeners = new Set<() => void>();
  return {
    subscribe: (listener) => {
      listeners.add(listener);
      if (!timer) {
        // Nobody looked for a while, so it may be behind; React asks for it again after subscribing.
        now = Date.now();
        timer = setInterval(() => {
          now = Date.now();
          for (const tell of listeners) tell();
        }, stepMs);
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
    now: () => now,
  };
}
