import { useState } from "react";
import { currentUserId } from "~/api/session";

const PREFIX = "patchcord.text.";

function stored(key: string): string {
  try {
    return sessionStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}

function store(key: string, text: string): void {
  try {
    if (text === "") sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, text);
  } catch {
    // What was typed is still there while the page is open.
  }
}

/**
 * A text that outlives a reload or the end of the session: it is kept in this tab's session storage under the user and the
 * name until it is emptied.
 */
export function useKeptText(name: string): [string, (text: string) => void] {
  const key = `${PREFIX}${currentUserId() ?? ""}.${name}`;
  const [now, setNow] = useState({ key, text: stored(key) });
  // Another name has another text.
  const text = now.key === key ? now.text : stored(key);
  const change = (next: string) => {
    store(key, next);
    setNow({ key, text: next });
  };
  return [text, change];
}
