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

/** The values of a filter. */
export function values(filter: string | undefined): string[] {
  return filter ? filter.split(",") : [];
}

/** Without the filters that are not set. */
export function compact<S extends object>(search: S): S {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as S;
}
