import { createContext, use } from "react";

/** What results may cite: a label and, when it can be shown, how to open it. */
export type Sources = ReadonlyMap<string, { label: string; open: () => void }>;

interface Around {
  sources: Sources;
  mayAct: boolean;
  onInsert: (text: string, suggestionId: string) => void;
}

/** What every result needs from the ticket around it. */
export const ResultContext = createContext<Around>({ sources: new Map(), mayAct: false, onInsert: () => undefined });

export function useResultContext(): Around {
  return use(ResultContext);
}
