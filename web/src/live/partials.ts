import { Store, useStore } from "~/lib/store";

/** Texts that models are writing, by suggestion. */
const texts = new Store<ReadonlyMap<string, string>>(new Map());

/** Takes note of a text so far; a shorter one came late and is let pass. */
export function notePartial(suggestionId: string, text: string): void {
  if ((texts.get().get(suggestionId)?.length ?? 0) > text.length) return;
  texts.set(new Map(texts.get()).set(suggestionId, text));
}

/** The run ended: its checked result replaces what was provisional. */
export function dropPartial(suggestionId: string): void {
  if (!texts.get().has(suggestionId)) return;
  const rest = new Map(texts.get());
  rest.delete(suggestionId);
  texts.set(rest);
}

/** What a model has written so far, empty when nothing came yet. */
export function usePartial(suggestionId: string): string {
  return useStore(texts).get(suggestionId) ?? "";
}
