import type { Command } from "~/lib/commands";

/** Words without case and accents. */
function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

function wordsOf(text: string): string[] {
  return plain(text).split(/\s+/).filter(Boolean);
}

/** Whether every word that was typed is somewhere in the command. */
export function matches({ label, group, words = "" }: Command, typed: string): boolean {
  const text = plain(`${label} ${group} ${words}`);
  return wordsOf(typed).every((word) => text.includes(word));
}

/** Those whose label begins with what was typed come first; groups stay together, in the order of their best command. */
export function order(commands: Command[], typed: string): Command[] {
  const start = plain(typed.trim());
  const rank = ({ label }: Command) => {
    const text = plain(label);
    if (start === "" || text.startsWith(start)) return 0;
    return text.split(/\s+/).some((word) => word.startsWith(start)) ? 1 : 2;
  };
  const best = new Map<string, number>();
  for (const command of commands) best.set(command.group, Math.min(best.get(command.group) ?? 9, rank(command)));
  const groups = [...best.keys()];
  return [...commands].sort(
    (a, b) =>
      (best.get(a.group) ?? 9) - (best.get(b.group) ?? 9) ||
      groups.indexOf(a.group) - groups.indexOf(b.group) ||
      rank(a) - rank(b),
  );
}

/** The label in pieces, with those marked that were typed. */
export function pieces(label: string, typed: string): [string, boolean][] {
  const words = typed.trim().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [[label, false]];
  const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const parts = label.split(new RegExp(`(${escaped.join("|")})`, "giu"));
  return parts.map((part, index): [string, boolean] => [part, index % 2 === 1]).filter(([part]) => part !== "");
}
