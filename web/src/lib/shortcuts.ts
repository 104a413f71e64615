import { useEffect, useEffectEvent } from "react";
import { Store, useStore } from "./store";

const KEY = "patchcord.shortcuts";

function stored(): boolean {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true;
  }
}

const enabled = new Store(stored());

/** Whether single letters do something. People who dictate or use switches may turn them off. */
export function useShortcutsEnabled(): boolean {
  return useStore(enabled);
}

export function setShortcutsEnabled(on: boolean): void {
  enabled.set(on);
  try {
    localStorage.setItem(KEY, on ? "on" : "off");
  } catch {
    // The choice holds until the page is closed.
  }
}

/** Whether a key press belongs to something else: a field, an open dialog or menu, a browser's own shortcut. */
function isTaken(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return true;
  const { target } = event;
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.matches("input, textarea, select")) return true;
  return target.closest("[role=dialog], [role=menu], [role=listbox]") !== null;
}

/** Single-letter shortcuts while the component is shown. */
export function useShortcuts(shortcuts: Record<string, () => void>): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const action = shortcuts[event.key];
    if (!action || !enabled.get() || isTaken(event)) return;
    event.preventDefault();
    action();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event);
    window.addEventListener("keydown", listener);
    return () => window.removeEventListener("keydown", listener);
  }, []);
}
