import {
  Button,
  Group,
  Modal,
  Select,
  Stack,
  Switch,
  Table,
  TagsInput,
  Text,
  TextInput,
  Textarea,
} from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { MessageSquareText, Plus } from "lucide-react";
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

type Macro = Schemas["MacroRow"];
/** Absent fields stay as they are. */
type Actions = Partial<Schemas["MacroActions"]>;

function actionsOf(macro: Macro | null): Actions {
  return (macro?.actions ?? {}) as unknown as Actions;
}

const KEY = ["get", "/api/macros"];

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
  const macros = useQuery(api.queryOptions("get", "/api/macros"));
  const [editing, setEditing] = useState<Macro | "new" | null>(null);
  const add = (
    <Button leftSection={<Plus size={14} aria-hidden />} onClick={() => setEditing("new")}>
      New macro
    </Button>
  );
  return (
    <Page
      title="Macros"
      about="Replies that are written once. A macro may also set status, priority, assignee and tags in the same step."
      actions={add}
    >
      <Listing
        list={{ ...macros, items: macros.data?.items ?? [] }}
        label="macros"
        empty={
          <Empty icon={MessageSquareText} title="No macros yet" action={add}>
            Write the answer that your team gives every day once; names and numbers are filled in for each ticket.
          </Empty>
        }
      >
        {(items) => (
          <DataTable label="Macros" columns={["Name", "For", "Also changes", ""]}>
            {items.map((macro) => (
              <Row key={macro.id} macro={macro} onEdit={() => setEditing(macro)} />
            ))}
          </DataTable>
        )}
      </Listing>
      <Modal
        opened={editing !== null}
        onClose={() => setEditing(null)}
        title={editing === "new" ? "New macro" : "Change the macro"}
        size="lg"
        closeButtonProps={{ "aria-label": "Close" }}
      >
        {editing && (
          <MacroForm
            key={editing === "new" ? "new" : editing.id}
            macro={editing === "new" ? null : editing}
            onDone={() => setEditing(null)}
          />
        )}
      </Modal>
    </Page>
  );
}

function Row({ macro, onEdit }: { macro: Macro; onEdit: () => void }) {
  const { statuses, priorities } = useLookups();
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries({ queryKey: KEY });
  const add = api.useMutation("post", "/api/macros", { onSettled: refresh });
  const remove = api.useMutation("delete", "/api/macros/{id}", {
    onSuccess: () => {
      const { name, body, isShared } = macro;
      const again = { name, body, isShared, actions: macro.actions as unknown as Schemas["MacroActions"] };
      showDone(`${macro.name} is deleted`, () => add.mutateAsync({ body: again }));
    },
    onError: (error) => showProblem(`${macro.name} was not deleted`, error),
    onSettled: refresh,
  });
  const { status, priority, assigneeId, tags, isInternal } = actionsOf(macro);
  const changes = [
    status && statuses.find(({ key }) => key === status)?.label,
    priority && priorities.find(({ key }) => key === priority)?.label,
    assigneeId && "assignee",
    tags && tags.length > 0 && tags.join(", "),
    isInternal && "internal note",
  ].filter(Boolean);
  return (
    <Table.Tr>
      <Table.Td fw={600}>{macro.name}</Table.Td>
      <Table.Td>{macro.isShared ? "Everybody" : "Only you"}</Table.Td>
      <Table.Td>
        {changes.join(" · ") || (
          <Text span c="dimmed" size="sm">
            Nothing
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Group gap="xs" justify="flex-end" wrap="nowrap">
          <Button variant="default" size="compact-sm" aria-label={`Change ${macro.name}`} onClick={onEdit}>
            Change
          </Button>
          <Button
            variant="default"
            size="compact-sm"
            aria-label={`Delete ${macro.name}`}
            loading={remove.isPending}
            onClick={() => remove.mutate({ params: { path: { id: macro.id } } })}
          >
            Delete
          </Button>
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

interface Values extends Record<string, unknown> {
  name: string;
  body: string;
  isShared: boolean;
  isInternal: boolean;
  status: string;
  priority: string;
  assigneeId: string;
  tags: string[];
}

function valuesOf(macro: Macro | null): Values {
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
  const { data: agents } = useQuery(api.queryOptions("get", "/api/support-agents"));
  const form = useKeptForm<Values>(`macro.${macro?.id ?? "new"}`, { initialValues: valuesOf(macro) });
  const once = useOnceKey();
  const queries = useQueryClient();
  const after = {
    onSuccess: ({ name }: Macro) => {
      once.done();
      form.settle();
      showDone(`${name} is saved`);
      void queries.invalidateQueries({ queryKey: KEY });
      onDone();
    },
    onError: (error: unknown) => {
      const rest = showAtFields(form, error, (field) => field in form.values);
      if (rest) showProblem("The macro was not saved", rest);
    },
  };
  const add = api.useMutation("post", "/api/macros", after);
  const change = api.useMutation("patch", "/api/macros/{id}", after);
  const busy = add.isPending || change.isPending;
  const submit = form.onSubmit(({ name, body, isShared, isInternal, status, priority, assigneeId, tags }) => {
    if (busy) return;
    const actions: Actions = {
      ...(isInternal && { isInternal }),
      ...(status && { status }),
      ...(priority && { priority }),
      ...(assigneeId && { assigneeId }),
      ...(tags.length > 0 && { tags }),
    };
    if (macro) {
      const changed = { name, body, actions: actions as Schemas["MacroActions"], version: macro.version };
      change.mutate({ params: { path: { id: macro.id } }, body: changed });
    } else {
      const added = { name, body, isShared, actions: actions as Schemas["MacroActions"] };
      add.mutate({ params: { header: { "Idempotency-Key": once.keyFor(added) } }, body: added });
    }
  });
  const choices = (list: { key: string; label: string }[]) => list.map(({ key, label }) => ({ value: key, label }));
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
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
          <Select
            label="Sets the status"
            placeholder="Leaves it"
            clearable
            data={choices(statuses)}
            {...form.getInputProps("status")}
            value={form.values.status || null}
            onChange={(value) => form.setFieldValue("status", value ?? "")}
          />
          <Select
            label="Sets the priority"
            placeholder="Leaves it"
            clearable
            data={choices(priorities)}
            {...form.getInputProps("priority")}
            value={form.values.priority || null}
            onChange={(value) => form.setFieldValue("priority", value ?? "")}
          />
        </Group>
        <Select
          label="Assigns to"
          placeholder="Leaves it"
          clearable
          searchable
          data={[
            { value: "me", label: "Whoever uses it" },
            ...(agents?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
          ]}
          {...form.getInputProps("assigneeId")}
          value={form.values.assigneeId || null}
          onChange={(value) => form.setFieldValue("assigneeId", value ?? "")}
        />
        <TagsInput label="Adds tags" placeholder="Enter adds one" {...form.getInputProps("tags")} />
        <Switch label="As an internal note" {...form.getInputProps("isInternal", { type: "checkbox" })} />
        {!macro && <Switch label="For everybody" {...form.getInputProps("isShared", { type: "checkbox" })} />}
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
