import { Group, Switch, TagsInput, Text, TextInput, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { MessageSquareText } from "lucide-react";
import { type Schemas, api, client } from "~/api/client";
import { useLookups, useSupportAgents } from "~/api/queries";
import { Choice, choices, named } from "~/components/choice";
import { useCollection } from "~/components/collection";
import { Page } from "~/components/page";
import { RecordForm } from "~/components/record-form";
import { useRecord } from "~/lib/record";

type Macro = Schemas["MacroRow"];
/** Absent fields stay as they are. */
type Actions = Partial<Schemas["MacroActions"]>;

function actionsOf(macro: Macro | null): Actions {
  return (macro?.actions ?? {}) as unknown as Actions;
}

const REFRESH = [["get", "/api/macros"]];

const PLACEHOLDERS = [
  "contact.name",
  "contact.firstName",
  "contact.email",
  "organization.name",
  "device.name",
  "ticket.number",
  "ticket.subject",
  "agent.name",
  "workspace.name",
];

/** Canned replies that may change the ticket in the same step. */
export function Macros() {
  const { statuses, priorities } = useLookups();
  const macros = useQuery(api.queryOptions("get", "/api/macros"));
  const changesOf = (macro: Macro) => {
    const { status, priority, assigneeId, tags, isInternal } = actionsOf(macro);
    return [
      status && statuses.find(({ key }) => key === status)?.label,
      priority && priorities.find(({ key }) => key === priority)?.label,
      assigneeId && "assignee",
      tags && tags.length > 0 && tags.join(", "),
      isInternal && "internal note",
    ].filter(Boolean);
  };
  const { add, table } = useCollection<Macro>({
    one: "macro",
    many: "macros",
    list: { ...macros, items: macros.data?.items ?? [] },
    refresh: REFRESH,
    columns: ["Name", "For", "Also changes"],
    cells: (macro) => [
      macro.name,
      macro.isShared ? "Everybody" : "Only you",
      changesOf(macro).join(" · ") || (
        <Text span c="dimmed" size="sm">
          Nothing
        </Text>
      ),
    ],
    nameOf: ({ name }) => name,
    empty: {
      icon: MessageSquareText,
      title: "No macros yet",
      about: "Write the answer that your team gives every day once; names and numbers are filled in for each ticket.",
    },
    form: (macro, onDone) => <MacroForm macro={macro} onDone={onDone} />,
    size: "lg",
    remove: (id) => client.DELETE("/api/macros/{id}", { params: { path: { id } } }),
    restore: ({ name, body, isShared, actions }, params) =>
      client.POST("/api/macros", {
        params,
        body: { name, body, isShared, actions: actions as unknown as Schemas["MacroActions"] },
      }),
  });
  return (
    <Page
      title="Macros"
      about="Replies that are written once. A macro may also set status, priority, assignee and tags in the same step."
      actions={add}
    >
      {table}
    </Page>
  );
}

function valuesOf(macro: Macro | null) {
  const actions = actionsOf(macro);
  return {
    name: macro?.name ?? "",
    body: macro?.body ?? "",
    isShared: macro?.isShared ?? true,
    isInternal: actions.isInternal ?? false,
    status: actions.status ?? "",
    priority: actions.priority ?? "",
    assigneeId: actions.assigneeId ?? "",
    tags: actions.tags ?? [],
  };
}

function MacroForm({ macro, onDone }: { macro: Macro | null; onDone: () => void }) {
  const { statuses, priorities } = useLookups();
  const agents = useSupportAgents();
  const record = useRecord({
    what: "macro",
    row: macro,
    read: valuesOf,
    write: ({ name, body, isShared, isInternal, status, priority, assigneeId, tags }) => {
      const actions: Actions = {
        ...(isInternal && { isInternal }),
        ...(status && { status }),
        ...(priority && { priority }),
        ...(assigneeId && { assigneeId }),
        ...(tags.length > 0 && { tags }),
      };
      return { name, body, isShared, actions: actions as Schemas["MacroActions"] };
    },
    add: (body, params) => client.POST("/api/macros", { params, body }),
    change: (id, body) => client.PATCH("/api/macros/{id}", { params: { path: { id } }, body }),
    // `actions.tags[0]` is said at the tags.
    fieldOf: (field) => field.replace(/^actions\./, "").replace(/[.[].*$/, ""),
    refresh: REFRESH,
    onSaved: onDone,
  });
  const { form } = record;
  return (
    <RecordForm record={record} onCancel={onDone}>
      <TextInput label="Name" data-autofocus {...form.getInputProps("name")} />
      <Textarea
        label="Text"
        description={`Filled in for each ticket: ${PLACEHOLDERS.map((name) => `{{${name}}}`).join(" ")}`}
        autosize
        minRows={5}
        maxRows={14}
        {...form.getInputProps("body")}
      />
      <Group grow>
        <Choice
          label="Sets the status"
          placeholder="Leaves it"
          data={choices(statuses)}
          {...form.getInputProps("status")}
        />
        <Choice
          label="Sets the priority"
          placeholder="Leaves it"
          data={choices(priorities)}
          {...form.getInputProps("priority")}
        />
      </Group>
      <Choice
        label="Assigns to"
        placeholder="Leaves it"
        searchable
        data={[{ value: "me", label: "Whoever uses it" }, ...named(agents)]}
        {...form.getInputProps("assigneeId")}
      />
      <TagsInput label="Adds tags" placeholder="Enter adds one" {...form.getInputProps("tags")} />
      <Switch label="As an internal note" {...form.getInputProps("isInternal", { type: "checkbox" })} />
      {!macro && <Switch label="For everybody" {...form.getInputProps("isShared", { type: "checkbox" })} />}
    </RecordForm>
  );
}
