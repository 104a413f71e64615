import { createContext, use } from "react";
import type { Suggestion } from "~/api/client";

/** What results may cite: a label and, when it can be shown, how to open it. */
export type Sources = ReadonlyMap<string, { label: string; open: () => void }>;

interface Around {
  ticketId: string;
  sources: Sources;
  mayAct: boolean;
  onInsert: (text: string, suggestionId: string) => void;
  /** Opens an article or a ticket that a result cites. */
  onOpen: (what: { article: string } | { ticket: string }) => void;
  /** Asks for the same again, for a draft in another tone when one is given; absent when nothing can be asked. */
  onRetry?: ((run: Suggestion, tone?: string) => void) | undefined;
  onCancel: (run: Suggestion) => void;
}

/** What every result needs from the ticket around it. */
export const ResultContext = createContext<Around>({
  ticketId: "",
  sources: new Map(),
  mayAct: false,
  onInsert: () => undefined,
  onOpen: () => undefined,
  onCancel: () => undefined,
});

export function useResultContext(): Around {
  return use(ResultContext);
}
