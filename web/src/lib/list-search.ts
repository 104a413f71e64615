import { z } from "./zod";

/** Longest text of words or of one filter, in characters. */
const LONGEST = 200;

/** Values with commas between them, in any case; what is not allowed is left out, so that an old address still opens. */
export function anyOf(allowed: readonly string[]) {
  return z.catch(
    z.optional(
      z.pipe(
        z.string(),
        z.transform((text) => {
          const wanted = text.toLowerCase().split(",");
          return allowed.filter((value) => wanted.includes(value.toLowerCase())).join(",") || undefined;
        }),
      ),
    ),
    undefined,
  );
}

export const text = z.catch(z.optional(z.string().check(z.minLength(1), z.maxLength(LONGEST))), undefined);
export const ids = z.catch(z.optional(z.string().check(z.regex(/^[a-z0-9]+(,[a-z0-9]+)*$/))), undefined);
export const date = z.catch(z.optional(z.string().check(z.regex(/^\d{4}-\d\d-\d\d/))), undefined);

/** A whole number. */
export const whole = (least: number, most: number) =>
  z.catch(z.optional(z.coerce.number().check(z.int(), z.minimum(least), z.maximum(most))), undefined);

/** An hour of the week on the clocks of a time zone, as it is in an address: a cell of a heat map. */
export interface WeekHour {
  weekday?: number | undefined;
  hour?: number | undefined;
  timezone?: string | undefined;
}

/** The hour of the week that an address names, as the server takes it: it counts with its zone and its days alone. */
export function weekHourOf(
  { weekday, hour, timezone }: WeekHour,
  from: string | undefined,
  to: string | undefined,
): { weekday: number; hour: number; timezone: string } | null {
  if (weekday === undefined || hour === undefined || timezone === undefined) return null;
  return from === undefined || to === undefined ? null : { weekday, hour, timezone };
}

/** The values of a filter. */
export function values(filter: string | undefined): string[] {
  return filter ? filter.split(",") : [];
}

/** Without the filters that are not set. */
export function compact<S extends object>(search: S): S {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as S;
}
