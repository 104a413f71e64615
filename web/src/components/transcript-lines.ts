import type { Schemas } from "~/api/client";

export type Turn = Schemas["TurnRow"];
export type Interaction = Schemas["InteractionRow"];

/** One run of a tool, as a stay keeps it. */
export interface ToolRun {
  agent: string;
  name: string;
  arguments: unknown;
  /** `ok`, `refused`, `failed` or `timeout`. */
  outcome: string;
  ms: number;
}

/** What stands in a transcript, in order. */
export type TranscriptLine =
  | { kind: "turn"; key: string; turn: Turn }
  | { kind: "agent"; key: string; stay: Interaction }
  | { kind: "tool"; key: string; run: ToolRun | null; turn: Turn | null };

/** The runs of a stay. What does not look like one is left out: the document says no more than "objects". */
export function runsOf({ toolCalls }: Interaction): ToolRun[] {
  return (toolCalls as unknown[]).filter(
    (run): run is ToolRun => typeof run === "object" && run !== null && typeof (run as ToolRun).name === "string",
  );
}

/** `create_ticket: {"ticket":…}` → the name and the result. */
export function toolText({ text }: Turn): { name: string; result: string } {
  const at = text.indexOf(": ");
  return at < 0 ? { name: text, result: "" } : { name: text.slice(0, at), result: text.slice(at + 2) };
}

/** When a stay began, in milliseconds of the call. */
export function startOf(stay: Interaction, answeredAt: string | null, first: Interaction | undefined): number {
  const zero = answeredAt ?? first?.enteredAt ?? stay.enteredAt;
  return Math.max(0, Date.parse(stay.enteredAt) - Date.parse(zero));
}

/**
 * Turns, with the hand-offs and the runs of tools where they happened. A run has no time of its own: its result is a turn of
 * the speaker TOOL, in the same order. Runs without a result stand at the end of their stay.
 */
export function linesOf(turns: Turn[], stays: Interaction[], answeredAt: string | null): TranscriptLine[] {
  const waiting = stays.map((stay) => ({ stay, runs: runsOf(stay), begun: startOf(stay, answeredAt, stays[0]) }));
  const lines: TranscriptLine[] = [];
  let next = 0;
  const leave = (index: number) => {
    const left = waiting[index];
    left?.runs.splice(0).forEach((run, at) => {
      lines.push({ kind: "tool", key: `${left.stay.id}:${String(at)}`, run, turn: null });
    });
  };
  const enter = () => {
    // What the agent before had run is told before it is left.
    leave(next - 1);
    const entered = waiting[next];
    if (entered) lines.push({ kind: "agent", key: entered.stay.id, stay: entered.stay });
    next += 1;
  };
  const run = (name: string): ToolRun | null => {
    for (const { runs } of waiting.slice(0, Math.max(next, 1))) {
      const at = runs.findIndex((one) => one.name === name);
      if (at >= 0) return runs.splice(at, 1)[0] ?? null;
    }
    return null;
  };
  for (const turn of turns) {
    while (next < waiting.length && (waiting[next]?.begun ?? 0) <= turn.startedMs) enter();
    if (turn.speaker === "TOOL") lines.push({ kind: "tool", key: turn.id, turn, run: run(toolText(turn).name) });
    else lines.push({ kind: "turn", key: turn.id, turn });
  }
  while (next < waiting.length) enter();
  leave(next - 1);
  return lines;
}
