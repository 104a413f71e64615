import { useQuery } from "@tanstack/react-query";
import { api } from "~/api/client";
import { anyKind, hourOfWeek, named } from "~/components/filter-kinds";
import type { FilterChoice, FilterKind } from "~/components/filter-token";
import { AGENTS, CALL_STATUSES, ENGINES, MOODS, OUTCOMES, type Named } from "~/lib/calls";
import { values, weekHourOf } from "~/lib/list-search";
import type { CallSearch, ListFilter } from "./search";
import type { CallLine } from "./use-call-list";

export type FilterName = ListFilter | "wasEscalated" | "started" | "hourOfWeek";
type Kind = FilterKind<FilterName, CallSearch>;

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
    any("handedOnBy", "Handed on by", known(AGENTS)),
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
  const cell = weekHourOf(search, search.dateFrom, search.dateTo);
  if (cell) kinds.push(hourOfWeek<CallSearch>(cell));
  return kinds;
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
