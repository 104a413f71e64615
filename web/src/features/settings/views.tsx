import { Button, Group, Modal, MultiSelect, Select, Stack, Switch, Table, TagsInput, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Bookmark, Plus } from "lucide-react";
import { useState } from "react";
import { type Schemas, api } from "~/api/client";
import { useLookups } from "~/api/queries";
import { Empty } from "~/components/empty";
import { Listing } from "~/components/listing";
import { Page } from "~/components/page";
import { DataTable } from "~/components/table";
import { showDone, showProblem } from "~/components/toast";
import { showAtFields, useKeptForm } from "~/lib/kept-form";
import { useOnceKey } from "~/lib/once";

type View = Schemas["SavedViewRow"];
/** Absent filters let everything through. */
type Filters = Partial<Schemas["ViewFilters"]>;

function filtersOf(view: View | null): Filters {
  return (view?.filters ?? {}) as unknown as Filters;
}

const KEY = ["get", "/api/saved-views"];

/** Filters of the list of tickets that everybody finds in the navigation. */
export function SharedViews() {
  const views = useQuery(api.queryOptions("get", "/api/saved-views", { params: { query: { counts: true } } }));
  const [editing, setEditing] = useState<View | "new" | null>(null);
  const add = (
    <Button leftSection={<Plus size={14} aria-hidden />} onClick={() => setEditing("new")}>
      New view
    </Button>
  );
  return (
    <Page
      title="Shared views"
      about="Filters of the list of tickets that everybody finds in the navigation, with their numbers. Views of your own are listed too."
      actions={add}
    >
      <Listing
        list={{ ...views, items: views.data?.items ?? [] }}
        label="views"
        empty={
          <Empty icon={Bookmark} title="No views yet" action={add}>
            A view keeps filters under a name, such as everything urgent, or one product area.
          </Empty>
        }
      >
        {(items) => (
          <DataTable label="Shared views" columns={["Name", "For", "Filters", "Tickets", ""]}>
            {items.map((view) => (
              <Row key={view.id} view={view} onEdit={() => setEditing(view)} />
            ))}
          </DataTable>
        )}
      </Listing>
      <Modal
        opened={editing !== null}
        onClose={() => setEditing(null)}
        title={editing === "new" ? "New view" : "Change the view"}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        {editing && (
          <ViewForm
            key={editing === "new" ? "new" : editing.id}
            view={editing === "new" ? null : editing}
            onDone={() => setEditing(null)}
          />
        )}
      </Modal>
    </Page>
  );
}

function inWords(filters: unknown): string {
  const parts = Object.entries((filters ?? {}) as Record<string, unknown>).map(
    ([name, value]) => `${name}: ${Array.isArray(value) ? value.join(", ") : String(value)}`,
  );
  return parts.join(" · ") || "None";
}

function Row({ view, onEdit }: { view: View; onEdit: () => void }) {
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries({ queryKey: KEY });
  const add = api.useMutation("post", "/api/saved-views", { onSettled: refresh });
  const remove = api.useMutation("delete", "/api/saved-views/{id}", {
    onSuccess: () => {
      const { name, sort, isShared } = view;
      const again = { name, sort, isShared, filters: view.filters as unknown as Schemas["ViewFilters"] };
      showDone(`${name} is deleted`, () => add.mutateAsync({ body: again }));
    },
    onError: (error) => showProblem(`${view.name} was not deleted`, error),
    onSettled: refresh,
  });
  return (
    <Table.Tr>
      <Table.Td fw={600}>{view.name}</Table.Td>
      <Table.Td>{view.isShared ? "Everybody" : "Only you"}</Table.Td>
      <Table.Td>{inWords(view.filters)}</Table.Td>
      <Table.Td>{view.ticketCount}</Table.Td>
      <Table.Td>
        <Group gap="xs" justify="flex-end" wrap="nowrap">
          <Button variant="default" size="compact-sm" aria-label={`Change ${view.name}`} onClick={onEdit}>
            Change
          </Button>
          <Button
            variant="default"
            size="compact-sm"
            aria-label={`Delete ${view.name}`}
            loading={remove.isPending}
            onClick={() => remove.mutate({ params: { path: { id: view.id } } })}
          >
            Delete
          </Button>
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

const SORTS = [
  { value: "-createdAt", label: "Newest first" },
  { value: "createdAt", label: "Oldest first" },
  { value: "-updatedAt", label: "Last changed first" },
  { value: "updatedAt", label: "Longest untouched first" },
  { value: "-priority", label: "Most urgent first" },
];

interface Values extends Record<string, unknown> {
  name: string;
  isShared: boolean;
  sort: string;
  status: string[];
  priority: string[];
  productArea: string[];
  channel: string[];
  tag: string[];
  assigneeId: string[];
  sla: string;
  q: string;
}

function ViewForm({ view, onDone }: { view: View | null; onDone: () => void }) {
  const { statuses, priorities, channels, productAreas } = useLookups();
  const { data: agents } = useQuery(api.queryOptions("get", "/api/support-agents"));
  const old = filtersOf(view);
  const form = useKeptForm<Values>(`view.${view?.id ?? "new"}`, {
    initialValues: {
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
    },
  });
  const once = useOnceKey();
  const queries = useQueryClient();
  const after = {
    onSuccess: ({ name }: View) => {
      once.done();
      form.settle();
      showDone(`${name} is saved`);
      void queries.invalidateQueries({ queryKey: KEY });
      onDone();
    },
    onError: (error: unknown) => {
      const rest = showAtFields(form, error, (field) => field in form.values);
      if (rest) showProblem("The view was not saved", rest);
    },
  };
  const add = api.useMutation("post", "/api/saved-views", after);
  const change = api.useMutation("patch", "/api/saved-views/{id}", after);
  const busy = add.isPending || change.isPending;
  const submit = form.onSubmit(({ name, isShared, sort, sla, q, ...lists }) => {
    if (busy) return;
    const given = Object.entries(lists).filter(([, values]) => (values as string[]).length > 0);
    // Filters that this form does not show stay as they are.
    const kept = Object.fromEntries(Object.entries(old).filter(([name]) => !(name in form.values)));
    const filters: Filters = { ...kept, ...Object.fromEntries(given), ...(sla && { sla }), ...(q && { q }) };
    if (view) {
      const changed = { name, sort, filters: filters as Schemas["ViewFilters"], version: view.version };
      change.mutate({ params: { path: { id: view.id } }, body: changed });
    } else {
      const added = { name, sort, filters: filters as Schemas["ViewFilters"], isShared };
      add.mutate({ params: { header: { "Idempotency-Key": once.keyFor(added) } }, body: added });
    }
  });
  const choices = (list: { key: string; label: string }[]) => list.map(({ key, label }) => ({ value: key, label }));
  const any = (label: string, field: keyof Values, data: string[] | { value: string; label: string }[]) => (
    <MultiSelect
      label={label}
      placeholder={(form.values[field] as string[]).length === 0 ? "Any" : ""}
      clearable
      data={data}
      {...form.getInputProps(field as string)}
    />
  );
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <TextInput label="Name" data-autofocus {...form.getInputProps("name")} />
        {any("Status", "status", choices(statuses))}
        {any("Priority", "priority", choices(priorities))}
        {any("Assignee", "assigneeId", [
          { value: "me", label: "Whoever looks" },
          { value: "none", label: "Nobody" },
          ...(agents?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
        ])}
        {any("Product area", "productArea", productAreas)}
        {any("Channel", "channel", choices(channels))}
        <TagsInput label="Tags" placeholder="Enter adds one" {...form.getInputProps("tag")} />
        <Select
          label="Clocks"
          placeholder="Any"
          clearable
          data={[
            { value: "breached", label: "Overdue" },
            { value: "due_soon", label: "Due soon" },
          ]}
          error={form.errors.sla}
          value={form.values.sla || null}
          onChange={(value) => form.setFieldValue("sla", value ?? "")}
        />
        <TextInput label="Words" maxLength={200} {...form.getInputProps("q")} />
        <Select label="Order" allowDeselect={false} data={SORTS} {...form.getInputProps("sort")} />
        {!view && <Switch label="For everybody" {...form.getInputProps("isShared", { type: "checkbox" })} />}
        <Group justify="flex-end" mt="xs">
          <Button variant="default" size="sm" onClick={onDone}>
            Cancel
          </Button>
          <Button type="submit" size="sm" loading={busy}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
