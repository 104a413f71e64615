import { Button, Code, Group, MultiSelect, Table, Text, TextInput } from "@mantine/core";
import { ChevronDown, ChevronRight, History } from "lucide-react";
import { Fragment, useState } from "react";
import { type Schemas, client } from "~/api/client";
import { Empty } from "~/components/empty";
import { Listing } from "~/components/listing";
import { Page } from "~/components/page";
import { DataTable } from "~/components/table";
import { Age } from "~/components/time";
import { usePages } from "~/lib/pages";

type Entry = Schemas["AuditRow"];

/** What administrators and the program changed. Nobody can change or delete an entry. */
export function AuditLog() {
  const [action, setAction] = useState<string[]>([]);
  const [known, setKnown] = useState<string[]>([]);
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const filters = { action, ...(from && { from }), ...(to && { to: `${to}T23:59:59.999Z` }) };
  const entries = usePages(["get", "/api/audit-log", filters], async (at, signal) => {
    const query = { ...filters, limit: 50, ...(at.cursor && { cursor: at.cursor }) };
    const answer = await client.GET("/api/audit-log", { params: { query }, signal });
    const found = answer.data?.items.map((entry) => entry.action) ?? [];
    setKnown((before) => [...new Set([...before, ...found])].sort());
    return answer;
  });
  const filtered = action.length > 0 || from !== "" || to !== "";
  const clear = () => {
    setAction([]);
    setFrom("");
    setTo("");
  };
  return (
    <Page
      title="Audit log"
      about="Who changed what in the settings of the desk, newest first. Entries stay as they are."
    >
      <Group align="flex-end" mb="md">
        <MultiSelect
          label="What"
          placeholder={action.length === 0 ? "Anything" : ""}
          searchable
          clearable
          w={260}
          data={known}
          value={action}
          onChange={setAction}
        />
        <TextInput label="From" type="date" value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
        <TextInput label="To" type="date" value={to} onChange={(event) => setTo(event.currentTarget.value)} />
        {filtered && (
          <Button variant="default" size="sm" onClick={clear}>
            Clear filters
          </Button>
        )}
      </Group>
      <Listing
        list={entries}
        label="entries"
        empty={
          <Empty icon={History} title={filtered ? "Nothing fits these filters" : "Nothing was changed yet"}>
            Users, tokens, settings, macros, views and articles leave an entry here whenever they change.
          </Empty>
        }
      >
        {(items) => (
          <DataTable label="Audit log" columns={["When", "Who", "What", "Of what", ""]}>
            {items.map((entry) => (
              <Row key={entry.id} entry={entry} />
            ))}
          </DataTable>
        )}
      </Listing>
    </Page>
  );
}

function Row({ entry }: { entry: Entry }) {
  const [open, setOpen] = useState(false);
  const details = Boolean(entry.before ?? entry.after);
  const Icon = open ? ChevronDown : ChevronRight;
  return (
    <Fragment>
      <Table.Tr>
        <Table.Td>
          <Age at={entry.at} />
        </Table.Td>
        <Table.Td>{entry.actorName ?? entry.actor}</Table.Td>
        <Table.Td fw={600}>{entry.action}</Table.Td>
        <Table.Td>
          <Text size="xs" ff="monospace">
            {entry.subject}
          </Text>
        </Table.Td>
        <Table.Td ta="right">
          {details && (
            <Button
              variant="subtle"
              size="compact-sm"
              aria-expanded={open}
              aria-label={`Details of ${entry.action}`}
              leftSection={<Icon size={13} aria-hidden />}
              onClick={() => setOpen(!open)}
            >
              Details
            </Button>
          )}
        </Table.Td>
      </Table.Tr>
      {open && (
        <Table.Tr>
          <Table.Td colSpan={5}>
            <Difference before={entry.before} after={entry.after} />
          </Table.Td>
        </Table.Tr>
      )}
    </Fragment>
  );
}

/** Field by field, only what differs. */
function Difference({ before, after }: { before: unknown; after: unknown }) {
  const old = (before ?? {}) as Record<string, unknown>;
  const now = (after ?? {}) as Record<string, unknown>;
  const text = (value: unknown) =>
    value === undefined ? "—" : typeof value === "string" ? value : JSON.stringify(value);
  const fields = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  const changed = fields.filter((field) => text(old[field]) !== text(now[field]));
  if (changed.length === 0) return <Text size="sm">No field differs.</Text>;
  return (
    <Table withRowBorders={false} verticalSpacing={3} aria-label="Details">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Field</Table.Th>
          <Table.Th>Before</Table.Th>
          <Table.Th>After</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {changed.map((field) => (
          <Table.Tr key={field}>
            <Table.Td>{field}</Table.Td>
            <Table.Td>
              <Code>{text(old[field])}</Code>
            </Table.Td>
            <Table.Td>
              <Code>{text(now[field])}</Code>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
