import { Store } from "~/lib/store";
import type { Action, Target } from "./change";

export type Kind = Action["type"];

export interface Command {
  kind: Kind;
  targets: (Target & { tags?: string[] })[];
}

/** What was asked for last; none while no dialog is open. */
export const command = new Store<Command | null>(null);

/** Asks what shall become of some tickets: whom to assign, which priority, status or tag. */
export function askFor(kind: Kind, targets: Command["targets"]): void {
  if (targets.length > 0) command.set({ kind, targets });
}
