import { z } from "~/lib/zod";

/** Statuses of tickets that are not done, as the list of tickets has them in its address. */
export const OPEN = "OPEN,IN_PROGRESS,WAITING_ON_CUSTOMER,ESCALATED";

export const RANGES = ["7", "30", "90"] as const;

const day = z.catch(z.optional(z.string().check(z.regex(/^\d{4}-\d\d-\d\d$/))), undefined);

/** Which days are looked at, as it is in the address. */
export const InsightSearch = z.object({
  range: z.catch(z.optional(z.enum(RANGES)), undefined),
  /** The first and the last day, instead of a range. */
  from: day,
  to: day,
  /** The time zone on whose clocks hours are shown; the workspace's when absent. */
  zone: z.catch(z.optional(z.string().check(z.refine(isZone))), undefined),
});

/** Whether the browser knows a time zone of this name. */
function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

export type InsightSearch = z.infer<typeof InsightSearch>;

export const DAY_MS = 24 * 3_600_000;

export interface Span {
  days: number;
  /** What the server is asked for: the span, and as many days before it to compare with. */
  query: { from: string; to?: string };
}

/** Days of the span; at most what the server gives together with as many days before. */
const DAYS_MAX = 199;

export function spanOf({ range, from, to }: InsightSearch, now: number): Span {
  const [first, last] = [Date.parse(from ?? ""), Date.parse(to ?? "")];
  if (Number.isFinite(first) && Number.isFinite(last) && last >= first) {
    const days = Math.min(DAYS_MAX, Math.round((last - first) / DAY_MS) + 1);
    const before = new Date(last - (2 * days - 1) * DAY_MS).toISOString().slice(0, 10);
    return { days, query: { from: before, to: new Date(last + DAY_MS).toISOString().slice(0, 10) } };
  }
  const days = Number(range ?? "30");
  // A moment of the first day: which day that is, is told by the workspace's clocks.
  const start = Math.floor(now / 60_000) * 60_000 - (2 * days - 1) * DAY_MS;
  return { days, query: { from: new Date(start).toISOString() } };
}
