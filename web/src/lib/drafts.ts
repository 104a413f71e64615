import { useSyncExternalStore } from "react";

/** What is written but not sent on a ticket. */
export interface Draft {
  body: string;
  internal: boolean;
  /** The copilot's draft that the text came from. */
  source: { suggestionId: string; text: string } | null;
  /** The macro that is used with it: sending it also does what the macro does. */
  macro: { id: string; name: string; does: string[] } | null;
}

const EMPTY: Draft = { body: "", internal: false, source: null, macro: null };
const PREFIX = "patchcord.draft.";

// Session storage: a reload or an expired session loses nothing, and nothing stays on the disk of a shared computer.
const drafts = new Map<string, Draft>();
const listeners = new Set<() => void>();

function nameOf(userId: string, ticketId: string): string {
  return `${PREFIX}${userId}.${ticketId}`;
}

function load(name: string): Draft {
  const known = drafts.get(name);
  if (known) return known;
  let draft = EMPTY;
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(name) ?? "null");
    if (stored && typeof stored === "object") draft = { ...EMPTY, ...stored };
  } catch {
    // Unreadable or blocked storage is as good as an empty one.
  }
  drafts.set(name, draft);
  return draft;
}

function save(name: string, draft: Draft): void {
  drafts.set(name, draft);
  try {
    if (draft.body === "" && !draft.macro) sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, JSON.stringify(draft));
  } catch {
    // The draft is still kept while the page is open.
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The draft of a ticket, how to change it, and how to put a copilot's text into it. */
export function useDraft(userId: string, ticketId: string) {
  const name = nameOf(userId, ticketId);
  const draft = useSyncExternalStore(subscribe, () => load(name));
  return {
    draft,
    change: (part: Partial<Draft>) => save(name, { ...load(name), ...part }),
    clear: () => save(name, EMPTY),
    /** Adds a text to the reply; gives a function that takes it out again. */
    insert: (text: string, suggestionId: string): (() => void) => {
      const before = load(name);
      // A note that was begun must not become part of a reply to the customer by accident.
      const kept = before.internal ? "" : before.body.trim();
      const body = kept === "" ? text : `${kept}\n\n${text}`;
      save(name, { ...before, body, internal: false, source: { suggestionId, text } });
      return () => save(name, before);
    },
  };
}
