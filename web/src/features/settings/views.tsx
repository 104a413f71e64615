import { MultiSelect, Select, Switch, TagsInput, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Bookmark } from "lucide-react";
import { type Schemas, api, client } from "~/api/client";
import { useLookups, useSupportAgents } from "~/api/queries";
import { Choice, choices, named } from "~/components/choice";
import { useCollection } from "~/components/collection";
import { Page } from "~/components/page";
import { RecordForm } from "~/components/record-form";
import { useRecord } from "~/lib/record";

type View = Schemas["SavedViewRow"];
/** Absent filters let everything through. */
type Filters = Partial<Schemas["ViewFilters"]>;

function filtersOf(view: View | null): Filters {
  return (view?.filters ?? {}) as unknown as Filters;
}

const REFRESH = [["get", "/api/saved-views"]];

/** Filters of the list of tickets that everybody finds in the navigation. */
export function SharedViews() {
  const views = useQuery(api.queryOptions("get", "/api/saved-views", { params: { query: { counts: true } } }));
  const { add, table } = useCollection<View>({
    one: "view",
    many: "shared views",
    list: { ...views, items: views.data?.items ?? [] },
    refresh: REFRESH,
    columns: ["Name", "For", "Filters", "Tickets"],
    cells: (view) => [
      view.name,
      view.isShared ? "Everybody" : "Only you",
      inWords(view.filters),
      view.ticketCount?.toLocaleString("en"),
    ],
    nameOf: ({ name }) => name,
    empty: {
      icon: Bookmark,
      title: "No views yet",
      about: "A view keeps filters under a name, such as everything urgent, or one product area.",
    },
    form: (view, onDone) => <ViewForm view={view} onDone={onDone} />,
    remove: (id) => client.DELETE("/api/saved-views/{id}", { params: { path: { id } } }),
    restore: ({ name, sort, isShared, filters }, params) =>
      client.POST("/api/saved-views", {
        params,
        body: { name, sort, isShared, filters: filters as unknown as Schemas["ViewFilters"] },
      }),
  });
  return (
    <Page
      title="Shared views"
      about="Filters of the list of tickets that everybody finds in the navigation, with their numbers. Views of your own are listed too."
      actions={add}
    >
      {table}
    </Page>
  );
}

function inWords(filters: unknown): string {
  const parts = Object.entries((filters ?? {}) as Record<string, unknown>).map(
    ([name, value]) => `${name}: ${Array.isArray(value) ? value.join(", ") : String(value)}`,
  );
  return parts.join(" · ") || "None";
}

const SORTS = [
  { value: "-createdAt", label: "Newest first" },
  { value: "createdAt", label: "Oldest first" },
  { value: "-updatedAt", label: "Last changed first" },
  { value: "updatedAt", label: "Longest untouched first" },
  { value: "-priority", label: "Most urgent first" },
];

function valuesOf(view: View | null) {
  const old = filtersOf(view);
  return {
    name: view?.name ?? "",
    isShared: view?.isShared ?? true,
    sort: view?.sort ?? "-createdAt",
    status: old.status ?? [],
    priority: old.priority ?? [],
    productArea: old.productArea ?? [],
    channel: old.channel ?? [],
    tag: old.tag ?? [],
    assigneeId: old.assigneeId ?? [],
    sla: old.sla ?? "",
    q: old.q ?? "",
  };
}

type Values = ReturnType<typeof valuesOf>;

function ViewForm({ view, onDone }: { view: View | null; onDone: () => void }) {
  const { statuses, priorities, channels, productAreas } = useLookups();
  const agents = useSupportAgents();
  // Filters that this form does not show stay as they are.
  const kept = Object.entries(filtersOf(view)).filter(([name]) => !(name in valuesOf(null)));
  const record = useRecord({
    what: "view",
    row: view,
    read: valuesOf,
    write: ({ name, isShared, sort, sla, q, ...lists }) => {
      const given = Object.entries(lists).filter(([, values]) => values.length > 0);
      const filters = { ...Object.fromEntries([...kept, ...given]), ...(sla && { sla }), ...(q && { q }) };
      return { name, sort, isShared, filters: filters as Schemas["ViewFilters"] };
    },
    add: (body, params) => client.POST("/api/saved-views", { params, body }),
    change: (id, body) => client.PATCH("/api/saved-views/{id}", { params: { path: { id } }, body }),
    fieldOf: (field) => field.replace(/^filters\./, "").replace(/[.[].*$/, ""),
    refresh: REFRESH,
    onSaved: onDone,
  });
  const { form } = record;
  const any = (label: string, field: keyof Values, data: string[] | { value: string; label: string }[]) => (
    <MultiSelect
      label={label}
      placeholder={(form.values[field] as string[]).length === 0 ? "Any" : ""}
      clearable
      data={data}
      {...form.getInputProps(field)}
    />
  );
  return (
    <RecordForm record={record} onCancel={onDone}>
      <TextInput label="Name" data-autofocus {...form.getInputProps("name")} />
      {any("Status", "status", choices(statuses))}
      {any("Priority", "priority", choices(priorities))}
      {any("Assignee", "assigneeId", [
        { value: "me", label: "Whoever looks" },
        { value: "none", label: "Nobody" },
        ...named(agents),
      ])}
      {any("Product area", "productArea", productAreas)}
      {any("Channel", "channel", choices(channels))}
      <TagsInput label="Tags" placeholder="Enter adds one" {...form.getInputProps("tag")} />
      <Choice
        label="Clocks"
        placeholder="Any"
        data={[
          { value: "breached", label: "Overdue" },
          { value: "due_soon", label: "Due soon" },
        ]}
        {...form.getInputProps("sla")}
      />
      <TextInput label="Words" maxLength={200} {...form.getInputProps("q")} />
      <Select label="Order" allowDeselect={false} data={SORTS} {...form.getInputProps("sort")} />
      {!view && <Switch label="For everybody" {...form.getInputProps("isShared", { type: "checkbox" })} />}
    </RecordForm>
  );
}
