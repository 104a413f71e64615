import { useQuery } from "@tanstack/react-query";
import { api } from "~/api/client";
import { anyKind, named } from "~/components/filter-kinds";
import type { FilterChoice, FilterKind } from "~/components/filter-token";
import { AGENTS, CALL_STATUSES, ENGINES, MOODS, OUTCOMES, type Named } from "~/lib/calls";
import { values } from "~/lib/list-search";
import { type CallSearch, type ListFilter, isHourOfWeek } from "./search";
import type { CallLine } from "./use-call-list";

export type FilterName = ListFilter | "wasEscalated" | "started" | "hourOfWeek";
type Kind = FilterKind<FilterName, CallSearch>;

const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/** Every filter that the list has. */
export function useFilterKinds(loaded: CallLine[], search: CallSearch): Kind[] {
  const linked = useLinked(search);
  const any = (name: ListFilter, label: string, choices: readonly FilterChoice[]): Kind =>
    anyKind<FilterName & ListFilter, CallSearch>(search, name, label, choices);
  const known = (all: readonly Named[]): FilterChoice[] => all.map((one) => ({ ...one }));
  const kinds: Kind[] = [
    any("status", "Status", known(CALL_STATUSES)),
    any("resolution", "Outcome", known(OUTCOMES)),
    any("agent", "Agent", known(AGENTS)),
    any("sentiment", "Mood", known(MOODS)),
    {
      name: "wasEscalated",
      label: "Handed over",
      isSet: search.wasEscalated !== undefined,
      form: "one",
      choices: [
        { key: "true", label: "To a person" },
        { key: "false", label: "To nobody" },
      ],
      value: values(search.wasEscalated),
      set: ([next]) => ({ wasEscalated: next }),
    },
    any("organizationId", "Organization", named([linked.organization, ...loaded.map((call) => call.organization)])),
    any("contactId", "Contact", named([linked.contact, ...loaded.map(({ contact }) => contact)])),
    any("deviceId", "Device", named([linked.device, ...loaded.map(({ device }) => device)])),
    any("engine", "Engine", known(ENGINES)),
    {
      name: "started",
      label: "Began",
      isSet: Boolean(search.dateFrom ?? search.dateTo),
      form: "dates",
      from: search.dateFrom,
      to: search.dateTo,
      set: (dateFrom, dateTo) => ({ dateFrom, dateTo }),
    },
  ];
  if (search.ticketId) {
    const tickets = loaded.flatMap(({ ticket }) => (ticket ? [{ id: ticket.id, name: ticket.label }] : []));
    kinds.push(any("ticketId", "Ticket", named(tickets)));
  }
  if (isHourOfWeek(search)) kinds.push(hourOfWeek(search));
  return kinds;
}

/** A cell of the heat map; it is only taken away, never chosen here. */
function hourOfWeek({ weekday = 1, hour = 0, timezone = "" }: CallSearch): Kind {
  const from = `${String(hour).padStart(2, "0")}:00`;
  const label = `${WEEKDAYS[weekday - 1] ?? ""} at ${from}, ${timezone.replace(/_/g, " ")}`;
  return {
    name: "hourOfWeek",
    label: "Hour",
    isSet: true,
    form: "one",
    choices: [{ key: "this", label }],
    value: ["this"],
    set: ([kept]) => (kept ? {} : { weekday: undefined, hour: undefined, timezone: undefined }),
  };
}

/** What a link from another page named, when no call at hand tells its name. */
function useLinked({ organizationId, contactId, deviceId }: CallSearch) {
  const path = (ids: string | undefined) => ({ params: { path: { id: values(ids)[0] ?? "" } } });
  const organization = useQuery({
    ...api.queryOptions("get", "/api/organizations/{id}", path(organizationId)),
    enabled: organizationId !== undefined,
  });
  const contact = useQuery({
    ...api.queryOptions("get", "/api/contacts/{id}", path(contactId)),
    enabled: contactId !== undefined,
  });
  const device = useQuery({
    ...api.queryOptions("get", "/api/devices/{id}", path(deviceId)),
    enabled: deviceId !== undefined,
  });
  return { organization: organization.data ?? null, contact: contact.data ?? null, device: device.data ?? null };
}
