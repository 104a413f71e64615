import { parseSearchWith, stringifySearchWith } from "@tanstack/react-router";

const parse = parseSearchWith((text) => text);

/** The router reads `42` as a number before anybody is asked; its words are the same as the text was. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
}

/** Every search parameter is plain text, so that addresses stay readable and a number may be looked for: `?q=42`. */
export function parseSearch(search: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(parse(search)).map(([name, value]) => [name, plain(value)]));
}

export const stringifySearch = stringifySearchWith(String);
