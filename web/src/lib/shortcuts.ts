import { useEffect, useEffectEvent } from "react";
import { Store, useStore } from "./store";

const KEY = "patchcord.shortcuts";
/** The first key of shortcuts of two keys, such as `g t`, and how long the second may take. */
const PREFIX = "g";
const PREFIX_MS = 1_500;

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

let prefixAt = -PREFIX_MS;
const read = new WeakMap<KeyboardEvent, string>();

/** The shortcut that a key press ends: `e`, or `g t` after `g`. Every listener gets the same for the same press. */
function shortcutOf(event: KeyboardEvent): string {
  const known = read.get(event);
  if (known !== undefined) return known;
  const follows = event.timeStamp - prefixAt < PREFIX_MS;
  const shortcut = follows ? `${PREFIX} ${event.key}` : event.key;
  if (event.key !== "Shift") prefixAt = shortcut === PREFIX ? event.timeStamp : -PREFIX_MS;
  read.set(event, shortcut);
  return shortcut;
}

/** Shortcuts of one letter, or of `g` and a letter (`"g t"`), while the component is shown. */
export function useShortcuts(shortcuts: Record<string, () => void>): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (!enabled.get() || isTaken(event)) return;
    const action = shortcuts[shortcutOf(event)];
    if (!action) return;
    event.preventDefault();
    action();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event);
    window.addEventListener("keydown", listener);
    return () => window.removeEventListener("keydown", listener);
  }, []);
}
