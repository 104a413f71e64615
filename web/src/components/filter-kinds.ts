import { type WeekHour, values } from "~/lib/list-search";
import type { FilterChoice, FilterKind } from "./filter-token";

/** A filter of which several values may be chosen. One that is in the address is always offered, by its id if need be. */
export function anyKind<N extends string, S>(
  search: { [name in N]?: string | undefined },
  name: N,
  label: string,
  choices: readonly FilterChoice[],
  free = false,
): FilterKind<N, S> {
  const value = values(search[name]);
  const more = value.filter((key) => !choices.some((choice) => choice.key === key)).map((key) => ({ key, label: key }));
  return {
    name,
    label,
    isSet: value.length > 0,
    form: "any",
    choices: [...choices, ...more],
    value,
    set: (next) => ({ [name]: next.join(",") || undefined }) as S,
    free,
  };
}

const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/** A cell of a heat map; it is only taken away, never chosen here. */
export function hourOfWeek<S extends WeekHour>({
  weekday,
  hour,
  timezone,
}: Required<WeekHour>): FilterKind<"hourOfWeek", S> {
  const from = `${String(hour).padStart(2, "0")}:00`;
  const label = `${WEEKDAYS[(weekday ?? 1) - 1] ?? ""} at ${from}, ${(timezone ?? "").replace(/_/g, " ")}`;
  return {
    name: "hourOfWeek",
    label: "Hour",
    isSet: true,
    form: "one",
    choices: [{ key: "this", label }],
    value: ["this"],
    set: ([kept]) => (kept ? {} : { weekday: undefined, hour: undefined, timezone: undefined }) as S,
  };
}

/** What rows at hand name, once each and in order. */
export function named(all: ({ id: string; name: string } | null)[]): FilterChoice[] {
  const byId = new Map(all.flatMap((one) => (one ? [[one.id, one.name] as const] : [])));
  return [...byId].map(([key, label]) => ({ key, label })).sort((a, b) => a.label.localeCompare(b.label));
}
