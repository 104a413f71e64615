import { useQuery } from "@tanstack/react-query";
import { type TicketLine, api } from "~/api/client";
import { useLookups, useSupportAgents } from "~/api/queries";
import { anyKind, hourOfWeek, named } from "~/components/filter-kinds";
import type { FilterChoice, FilterKind } from "~/components/filter-token";
import { MOODS } from "~/lib/calls";
import { values, weekHourOf } from "~/lib/list-search";
import type { ListFilter, TicketSearch } from "./search";
import { usePeople } from "./use-people";

export type FilterName =
  | ListFilter
  | "sla"
  | "created"
  | "resolved"
  | "firstResponded"
  | "replied"
  | "copilotAsked"
  | "copilotById"
  | "hourOfWeek";

type Kind = FilterKind<FilterName, TicketSearch>;

const ME: FilterChoice = { key: "me", label: "Me" };

const VERDICTS: FilterChoice[] = [
  { key: "accepted", label: "Used as it was" },
  { key: "edited", label: "Used after changes" },
  { key: "rejected", label: "Rejected" },
  { key: "unjudged", label: "Not judged" },
];

/** Every filter that the list has. */
export function useFilterKinds(loaded: TicketLine[], search: TicketSearch): Kind[] {
  const { statuses, priorities, channels, productAreas } = useLookups();
  const agents = useSupportAgents();
  const repliers = usePeople(search.repliedById, search.repliedFrom, search.repliedTo);
  const requesters = usePeople(search.copilotById, search.copilotFrom, search.copilotTo);
  const { data: device } = useQuery({
    ...api.queryOptions("get", "/api/devices/{id}", { params: { path: { id: values(search.deviceId)[0] ?? "" } } }),
    enabled: search.deviceId !== undefined,
  });
  const any = (name: ListFilter | "copilotById", label: string, choices: FilterChoice[], free = false): Kind =>
    anyKind<ListFilter | "copilotById", TicketSearch>(search, name, label, choices, free);
  const cell = weekHourOf(search, search.createdFrom, search.createdTo);
  const dates = (name: "created" | "resolved" | "firstResponded" | "replied", label: string): Kind => {
    const [from, to] = [search[`${name}From`], search[`${name}To`]];
    return {
      name,
      label,
      isSet: Boolean(from ?? to),
      form: "dates",
      from,
      to,
      set: (nextFrom, nextTo) => ({ [`${name}From`]: nextFrom, [`${name}To`]: nextTo }),
    };
  };
  return [
    any("status", "Status", statuses),
    any("priority", "Priority", priorities),
    any("assigneeId", "Assignee", [
      ME,
      { key: "none", label: "Nobody" },
      ...agents.map(({ id, name }) => ({ key: id, label: name })),
    ]),
    any(
      "productArea",
      "Product area",
      productAreas.map((area) => ({ key: area, label: area })),
    ),
    any("organizationId", "Organization", named(loaded.map(({ organization }) => organization))),
    any("contactId", "Contact", named(loaded.map(({ contact }) => contact))),
    // Which device a ticket is about does not stand in its row: it comes with a link.
    ...(search.deviceId ? [any("deviceId", "Device", named([device ?? null]))] : []),
    any("tag", "Tag", tagsOf(loaded), true),
    any("channel", "Channel", channels),
    {
      name: "sla",
      label: "SLA",
      isSet: Boolean(search.sla),
      form: "one",
      choices: [
        { key: "breached", label: "Overdue" },
        { key: "due_soon", label: "Due within the hour" },
      ],
      value: values(search.sla),
      set: ([next]) => ({ sla: next }),
    },
    any("sentiment", "Mood", [...MOODS]),
    {
      name: "copilot",
      label: "Copilot’s work",
      isSet: search.copilot !== undefined,
      form: "any",
      choices: VERDICTS,
      value: values(search.copilot),
      // Its days and its person go with it.
      set: (next) =>
        next.length > 0
          ? { copilot: next.join(",") }
          : { copilot: undefined, copilotFrom: undefined, copilotTo: undefined, copilotById: undefined },
    },
    ...(search.copilot
      ? [
          askedFor(search),
          any("copilotById", "Copilot asked by", [
            ME,
            ...requesters.flatMap(({ name, userId }) => (userId === null ? [] : [{ key: userId, label: name }])),
          ]),
        ]
      : []),
    {
      name: "repliedById",
      label: "Reply by",
      isSet: search.repliedById !== undefined,
      form: "any",
      choices: [ME, ...repliers.map(({ name, agentId, userId }) => ({ key: agentId ?? userId ?? "", label: name }))],
      value: values(search.repliedById),
      // Its days go with it.
      set: (next) =>
        next.length > 0
          ? { repliedById: next.join(",") }
          : { repliedById: undefined, repliedFrom: undefined, repliedTo: undefined },
    },
    ...(search.repliedById ? [dates("replied", "Reply written")] : []),
    dates("created", "Opened"),
    dates("resolved", "Resolved"),
    dates("firstResponded", "First reply"),
    ...(cell ? [hourOfWeek<TicketSearch>(cell)] : []),
  ];
}

/** When the copilot was asked for what became so. */
function askedFor({ copilotFrom, copilotTo }: TicketSearch): Kind {
  return {
    name: "copilotAsked",
    label: "Copilot asked",
    isSet: Boolean(copilotFrom ?? copilotTo),
    form: "dates",
    from: copilotFrom,
    to: copilotTo,
    set: (from, to) => ({ copilotFrom: from, copilotTo: to }),
  };
}

function tagsOf(loaded: TicketLine[]): FilterChoice[] {
  const all = new Set(loaded.flatMap(({ tags }) => tags));
  return [...all].sort().map((tag) => ({ key: tag, label: tag }));
}
