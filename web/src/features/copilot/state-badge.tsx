import { Dot } from "~/components/dot";

interface Props {
  state: string;
  error?: string | null;
}

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

/** Where the newest run is; the only part of the panel that is read out as it changes. */
export function StateBadge({ state, error = null }: Props) {
  return (
    <div data-testid="copilot-state" data-state={state} role="status" aria-live="polite">
      <Dot color={COLORS[state]}>{words(state, error)}</Dot>
    </div>
  );
}
