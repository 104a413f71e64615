import { useRef } from "react";

/** A key of an `Idempotency-Key` header. Not `crypto.randomUUID`, which plain http addresses do not have. */
export function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Keys for requests that must not happen twice: the same content gets the same key until it was done, so that a second
 * click or a retry after a lost answer is recognised by the server.
 */
export function useOnceKey(): { keyFor: (content: unknown) => string; done: () => void } {
  const last = useRef<{ content: string; key: string } | null>(null);
  return {
    keyFor: (content) => {
      const text = JSON.stringify(content);
      if (last.current?.content !== text) last.current = { content: text, key: newKey() };
      return last.current.key;
    },
    done: () => {
      last.current = null;
    },
  };
}
