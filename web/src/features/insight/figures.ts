import type { Schemas } from "~/api/client";

export type Bucket = Schemas["BucketRow"];

/** What happened within a span, from the buckets in it. */
export interface Sums {
  created: number;
  solved: number;
  /** Mean seconds until the first public answer; null when there was none. */
  firstReply: number | null;
  /** Mean seconds until the solution, pauses among them. */
  solution: number | null;
  slaMet: number;
  slaMissed: number;
  calls: number;
  answered: number;
  escalated: number;
  resolvedByAi: number;
  callSeconds: number;
  telephonyUsd: number;
  suggestions: number;
  accepted: number;
  edited: number;
  rejected: number;
  costUsd: number;
}

const total = (buckets: Bucket[], of: (bucket: Bucket) => number) => buckets.reduce((sum, one) => sum + of(one), 0);

export function sumsOf(buckets: Bucket[]): Sums {
  const replies = total(buckets, (one) => one.firstResponses);
  const seconds = total(buckets, (one) => (one.meanFirstResponseSeconds ?? 0) * one.firstResponses);
  const solved = total(buckets, (one) => one.ticketsResolved);
  const until = total(buckets, (one) => (one.meanResolutionSeconds ?? 0) * one.ticketsResolved);
  return {
    created: total(buckets, (one) => one.ticketsCreated),
    solved,
    solution: solved > 0 ? until / solved : null,
    firstReply: replies > 0 ? seconds / replies : null,
    slaMet: total(buckets, (one) => one.slaMet),
    slaMissed: total(buckets, (one) => one.slaMissed),
    calls: total(buckets, (one) => one.calls),
    answered: total(buckets, (one) => one.answered),
    escalated: total(buckets, (one) => one.escalated),
    resolvedByAi: total(buckets, (one) => one.resolvedByAi),
    callSeconds: total(buckets, (one) => one.callSeconds),
    telephonyUsd: total(buckets, (one) => one.telephonyCostUsd),
    suggestions: total(buckets, (one) => one.suggestions),
    accepted: total(buckets, (one) => one.suggestionsAccepted),
    edited: total(buckets, (one) => one.suggestionsEdited),
    rejected: total(buckets, (one) => one.suggestionsRejected),
    costUsd: total(buckets, (one) => one.aiCostUsd + one.telephonyCostUsd),
  };
}

/** A share of a whole; null of nothing. */
export function share(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}

export interface Change {
  /** By how much it is more than before, as a share of before: 0.1 is a tenth more. */
  by: number;
  better: boolean | null;
}

/** How a figure moved; null when there is nothing to compare with. `good` is the direction that is better. */
export function changeOf(now: number | null, before: number | null, good: "more" | "less" | null): Change | null {
  if (now === null || before === null || before === 0) return null;
  const by = (now - before) / before;
  if (Math.abs(by) < 0.005) return { by: 0, better: null };
  return { by, better: good === null ? null : by > 0 === (good === "more") };
}

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

export interface WeekRow {
  day: string;
  /** How many in each hour of the day. */
  hours: number[];
}

/** Tickets or calls by weekday and hour, on the clocks of a time zone: rows from Monday, 24 hours each. */
export function byHour(buckets: Bucket[], timezone: string, of: (bucket: Bucket) => number): WeekRow[] {
  const clock = new Intl.DateTimeFormat("en-GB", {
    timeZone: timezone,
    weekday: "short",
    hour: "numeric",
    hour12: false,
  });
  const rows = WEEKDAYS.map((day): WeekRow => {
    return { day, hours: Array<number>(24).fill(0) };
  });
  for (const bucket of buckets) {
    const count = of(bucket);
    if (count === 0) continue;
    const parts = clock.formatToParts(Date.parse(bucket.from));
    const part = (type: string) => parts.find((one) => one.type === type)?.value ?? "";
    const row = rows.find(({ day }) => day === part("weekday"));
    if (!row) continue;
    const hour = Number(part("hour")) % 24;
    row.hours[hour] = (row.hours[hour] ?? 0) + count;
  }
  return rows;
}

/** Days that are drawn together, so that there are never too many bars: the last group is a whole one. */
export function grouped<B extends { day: string | null }>(
  buckets: B[],
  most: number,
): { label: string; buckets: B[] }[] {
  const size = Math.max(1, Math.ceil(buckets.length / most));
  const groups: { label: string; buckets: B[] }[] = [];
  for (let to = buckets.length; to > 0; to -= size) {
    const part = buckets.slice(Math.max(0, to - size), to);
    groups.unshift({ label: dayOf(part[0]), buckets: part });
  }
  return groups;
}

const short = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", timeZone: "UTC" });

/** `Nov 24`: the day of a bucket in the workspace's zone. */
export function dayOf(bucket: { day: string | null } | undefined): string {
  return bucket?.day ? short.format(Date.parse(bucket.day)) : "";
}

/** The day after, as a date. */
export function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 24 * 3_600_000).toISOString().slice(0, 10);
}

/** `45 s`, `11 min`, `2.5 h`, `3.1 d` */
export function inTime(seconds: number | null): string {
  if (seconds === null) return "–";
  if (seconds < 90) return `${String(Math.round(seconds))} s`;
  if (seconds < 90 * 60) return `${String(Math.round(seconds / 60))} min`;
  if (seconds < 48 * 3_600) return `${(seconds / 3_600).toFixed(1)} h`;
  return `${(seconds / 86_400).toFixed(1)} d`;
}

/** What one of several cost; null of nothing. */
export function each(costUsd: number, count: number): number | null {
  return count > 0 ? costUsd / count : null;
}

const cents = new Intl.NumberFormat("en", { style: "currency", currency: "USD", maximumFractionDigits: 2 });
const small = new Intl.NumberFormat("en", { style: "currency", currency: "USD", maximumFractionDigits: 4 });

/** Below ten cents more digits are told, so that cheap is not the same as free. */
export function inDollars(value: number | null): string {
  if (value === null) return "–";
  return (value !== 0 && Math.abs(value) < 0.1 ? small : cents).format(value);
}

const percents = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 0 });

export function inPercent(value: number | null): string {
  return value === null ? "–" : percents.format(value);
}
