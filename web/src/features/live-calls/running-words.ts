import { useCallback, useSyncExternalStore } from "react";

/** What is being said in a call right now. */
export interface Running {
  speaker: string;
  agent: string | null;
  text: string;
  /** The turn that they became, once they were final; they stay until that turn is loaded. */
  settledAs: number | null;
}

/** Characters that are kept of one call. */
const LONGEST = 2_000;

/**
 * The end of a text, as a text of its own: a slice would keep all of the text that it was cut from in memory, for as long as
 * it is shown.
 */
function endOf(text: string): string {
  return text.length <= LONGEST ? text : Array.from(text.slice(-LONGEST)).join("");
}

/**
 * Running words of many calls, outside React. Whoever shows one call hears of that call alone, and of all that came since
 * the last frame of the screen at once: hundreds of events a second cost one drawing each 16 ms.
 */
export class RunningWords {
  readonly #words = new Map<string, Running>();
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #changed = new Set<string>();
  readonly #later: (work: () => void) => void;
  #waiting = false;

  constructor(later: (work: () => void) => void = (work) => void requestAnimationFrame(work)) {
    this.#later = later;
  }

  /** Takes note of words that are being spoken. */
  note(callId: string, speaker: string, agent: string | null, text: string): void {
    this.#words.set(callId, { speaker, agent, text: endOf(text), settledAs: null });
    this.#tell(callId);
  }

  /** A turn is final: the running words of its speaker are those. */
  settle(callId: string, speaker: string, seq: number): void {
    const now = this.#words.get(callId);
    if (!now || now.speaker !== speaker) return;
    this.#words.set(callId, { ...now, settledAs: seq });
    this.#tell(callId);
  }

  /** Forgets every call but these. */
  keep(callIds: ReadonlySet<string>): void {
    for (const callId of this.#words.keys()) if (!callIds.has(callId)) this.drop(callId);
  }

  drop(callId: string): void {
    if (this.#words.delete(callId)) this.#tell(callId);
  }

  get(callId: string): Running | null {
    return this.#words.get(callId) ?? null;
  }

  /** How many calls have words. */
  get size(): number {
    return this.#words.size;
  }

  subscribe(callId: string, listener: () => void): () => void {
    const all = this.#listeners.get(callId) ?? new Set();
    this.#listeners.set(callId, all.add(listener));
    return () => {
      all.delete(listener);
      if (all.size === 0 && this.#listeners.get(callId) === all) this.#listeners.delete(callId);
    };
  }

  #tell(callId: string): void {
    // In a tab that is not seen no frame comes; what waits for it must not grow.
    if (!this.#listeners.has(callId)) return;
    this.#changed.add(callId);
    if (this.#waiting) return;
    this.#waiting = true;
    this.#later(() => this.#flush());
  }

  #flush(): void {
    this.#waiting = false;
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const callId of changed) for (const listener of this.#listeners.get(callId) ?? []) listener();
  }
}

/** The words that run in one call; null when nobody speaks, or when the turn that they became is among those loaded. */
export function useRunning(words: RunningWords, callId: string, loaded: number): Running | null {
  const subscribe = useCallback((listener: () => void) => words.subscribe(callId, listener), [words, callId]);
  const running = useSyncExternalStore(subscribe, () => words.get(callId));
  return running && (running.settledAs === null || running.settledAs > loaded) ? running : null;
}
