import { useEffect, useState } from "react";
import { Dot } from "~/components/dot";

/** A run that was just asked for passes through every state, each of them long enough to be read, or read out. */
const STEP_MS = 500;
const ORDER = ["queued", "running", "success", "error"];

export const COLORS: Record<string, string> = {
  queued: "var(--desk-wait)",
  running: "var(--desk-busy)",
  success: "var(--desk-good)",
  error: "var(--desk-late)",
};

export function words(state: string, error: string | null): string {
  switch (state) {
    case "queued":
      return "Queued...";
    case "running":
      return "Processing...";
    case "success":
      return "Complete";
    case "error":
      return `Error: ${error ?? "it failed"}`;
    default:
      return state;
  }
}

interface Props {
  /** Which run it is; another one begins anew. Empty when there is none yet. */
  run?: string;
  state: string;
  error?: string | null;
  /** Whether something else is told in its place. */
  hidden?: boolean;
}

/** Where the newest run is; the only part of the panel that is read out as it changes. */
export function StateBadge({ run = "", state, error = null, hidden = false }: Props) {
  const shown = useSteps(run, state);
  if (hidden || shown === "") return null;
  return (
    <div data-testid="copilot-state" data-state={shown} role="status" aria-live="polite">
      <Dot color={COLORS[shown]}>{words(shown, error)}</Dot>
    </div>
  );
}

/** The state to show: it follows the real one step by step. */
function useSteps(run: string, state: string): string {
  const [shown, setShown] = useState({ run, state });
  // Every run begins as queued, however fast the news of it came.
  if (shown.run !== run) setShown({ run, state: "queued" });
  const [at, target] = [ORDER.indexOf(shown.state), ORDER.indexOf(state)];
  // A run that is tried again goes back; that is shown as it is.
  if (shown.run === run && target < at) setShown({ run, state });
  useEffect(() => {
    if (shown.run !== run || shown.state === state) return;
    const next = shown.state === "queued" && state !== "running" ? "running" : state;
    const timer = setTimeout(() => setShown({ run, state: next }), STEP_MS);
    return () => clearTimeout(timer);
  }, [shown, run, state]);
  return shown.run === run ? shown.state : "queued";
}
