const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const dayAndMonth = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });
const withYear = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric" });
const full = new Intl.DateTimeFormat("en", { dateStyle: "full", timeStyle: "short" });

const inUtc = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

/** A day that is kept as its first moment in UTC: `Mar 20, 2028`. */
export function day(at: string): string {
  return inUtc.format(Date.parse(at));
}

/** A span in its largest unit: `now`, `4m`, `2h`, `3d`. */
function span(ms: number): string {
  if (ms < MINUTE) return "now";
  if (ms < HOUR) return `${String(Math.floor(ms / MINUTE))}m`;
  if (ms < DAY) return `${String(Math.floor(ms / HOUR))}h`;
  return `${String(Math.floor(ms / DAY))}d`;
}

/** How long ago, as short as a list needs it; a date when it is more than a week. */
export function shortAge(at: string, now: number): string {
  const then = Date.parse(at);
  const age = now - then;
  if (age < 7 * DAY) return span(age);
  const sameYear = new Date(then).getFullYear() === new Date(now).getFullYear();
  return (sameYear ? dayAndMonth : withYear).format(then);
}

/** How long ago, in words: `just now`, `4m ago`, `12 Mar`. */
export function age(at: string, now: number): string {
  const text = shortAge(at, now);
  if (text === "now") return "just now";
  return now - Date.parse(at) < 7 * DAY ? `${text} ago` : text;
}

/** Everything about a moment, in the person's own time zone. */
export function fullTime(at: string): string {
  return full.format(Date.parse(at));
}

/** A clock of a ticket in words, and how near its end is. */
export function due(what: string, at: string, now: number): { text: string; level: "calm" | "soon" | "late" } {
  const left = Date.parse(at) - now;
  if (left <= -MINUTE) return { text: `${what} overdue by ${span(-left)}`, level: "late" };
  if (left < 0) return { text: `${what} overdue`, level: "late" };
  const text = left < MINUTE ? `${what} due now` : `${what} due in ${span(left)}`;
  return { text, level: left < HOUR ? "soon" : "calm" };
}

/** How long something took: `84 ms`, `2.1 s`, `1 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${String(Math.round(ms))} ms`;
  if (ms < MINUTE) return `${(ms / 1_000).toFixed(1)} s`;
  return `${String(Math.floor(ms / MINUTE))} min ${String(Math.round((ms % MINUTE) / 1_000))} s`;
}
