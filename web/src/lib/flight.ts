import { useCallback, useRef, useState } from "react";

/**
 * Lets one piece of work run at a time: what is asked for while it is under way is dropped, so that two clicks before the
 * next render send once. `busy` is for the button.
 */
export function useFlight() {
  const flying = useRef(false);
  const [busy, setBusy] = useState(false);
  const fly = useCallback(async (work: () => Promise<unknown>): Promise<void> => {
    if (flying.current) return;
    flying.current = true;
    setBusy(true);
    try {
      await work();
    } finally {
      flying.current = false;
      setBusy(false);
    }
  }, []);
  return { fly, busy };
}
