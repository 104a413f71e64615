import type { LucideIcon } from "lucide-react";
import { useEffect, useRef } from "react";
import { useShortcuts } from "./shortcuts";

/** Something that can be done now: it is in the palette, it may have a key, and the sheet of keys lists it. */
export interface Command {
  /** Unique among all that are there at the same time. */
  id: string;
  label: string;
  /** The heading that it stands under, such as `Ticket` or `Go to`. */
  group: string;
  /** The key as `useShortcuts` takes it: `e`, `?`, `g t`. It works while the command is there. */
  key?: string;
  icon?: LucideIcon;
  /** Other words that find it. */
  words?: string;
  /** Only a key: the sheet lists it, the palette does not. For moving in a list. */
  keyOnly?: boolean;
  run: () => void;
}

type Offer = () => Command[];

const offers = new Set<Offer>();

/**
 * Offers commands while the component is shown. Leave out what cannot be done now.
 *
 *     useCommands([{ id: "ticket.solve", label: "Solve this ticket", group: "Ticket", key: "e", run: solve }]);
 */
export function useCommands(commands: Command[]): void {
  const newest = useRef(commands);
  useEffect(() => {
    newest.current = commands;
  });
  useEffect(() => {
    const offer = () => newest.current;
    offers.add(offer);
    return () => void offers.delete(offer);
  }, []);
  useShortcuts(Object.fromEntries(commands.flatMap(({ key, run }) => (key ? [[key, run]] : []))));
}

/** What can be done now: the page's own commands first, then those of every page. */
export function currentCommands(): Command[] {
  return [...offers].reverse().flatMap((offer) => offer());
}
