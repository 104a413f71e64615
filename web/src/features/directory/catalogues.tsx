import { Group, Tabs, TextInput } from "@mantine/core";
import { Boxes } from "lucide-react";
import type { ReactNode } from "react";
import { manufacturers } from "~/api/choices";
import { type Schemas, client } from "~/api/client";
import { useCollection } from "~/components/collection";
import { Page } from "~/components/page";
import { RecordForm } from "~/components/record-form";
import { RemoteChoice } from "~/components/remote-choice";
import { usePages } from "~/lib/pages";
import { type Once, useRecord } from "~/lib/record";
import { CATALOGUES, DIRECTORY } from "./refresh";

type Entry = Schemas["EntryRow"];
type Model = Schemas["ModelRow"];
type System = Schemas["OperatingSystemRow"];

const REFRESH = [...CATALOGUES, ...DIRECTORY];
const limit = 100;

/** What devices are described with: makers, models, systems, network domains. */
export function Catalogues() {
  return (
    <Page title="Device catalogues" about="What devices are described with, so that everybody uses the same words.">
      <Tabs defaultValue="manufacturers" keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="manufacturers">Manufacturers</Tabs.Tab>
          <Tabs.Tab value="models">Models</Tabs.Tab>
          <Tabs.Tab value="systems">Operating systems</Tabs.Tab>
          <Tabs.Tab value="domains">Network domains</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="manufacturers">
          <Entries one="manufacturer" many="manufacturers" calls={MANUFACTURERS} />
        </Tabs.Panel>
        <Tabs.Panel value="models">
          <Models />
        </Tabs.Panel>
        <Tabs.Panel value="systems">
          <Systems />
        </Tabs.Panel>
        <Tabs.Panel value="domains">
          <Entries one="network domain" many="network domains" calls={DOMAINS} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

type Named = Schemas["EntryInput"];
type Changes = Schemas["EntryChanges"] & { version: number };

/** The requests of a catalogue that has nothing but names. */
interface Calls {
  key: string;
  list: (at: object, signal: AbortSignal) => Promise<{ data?: Schemas["Page_EntryRow"] | undefined }>;
  add: (body: Named, params: Once) => Promise<{ data?: Entry | undefined }>;
  change: (id: string, body: Changes) => Promise<{ data?: Entry | undefined }>;
  remove: (id: string) => Promise<unknown>;
}

const MANUFACTURERS: Calls = {
  key: "/api/device-manufacturers",
  list: (at, signal) => client.GET("/api/device-manufacturers", { params: { query: { limit, ...at } }, signal }),
  add: (body, params) => client.POST("/api/device-manufacturers", { params, body }),
  change: (id, body) => client.PATCH("/api/device-manufacturers/{id}", { params: { path: { id } }, body }),
  remove: (id) => client.DELETE("/api/device-manufacturers/{id}", { params: { path: { id } } }),
};

const DOMAINS: Calls = {
  key: "/api/domains",
  list: (at, signal) => client.GET("/api/domains", { params: { query: { limit, ...at } }, signal }),
  add: (body, params) => client.POST("/api/domains", { params, body }),
  change: (id, body) => client.PATCH("/api/domains/{id}", { params: { path: { id } }, body }),
  remove: (id) => client.DELETE("/api/domains/{id}", { params: { path: { id } } }),
};

function Entries({ one, many, calls }: { one: string; many: string; calls: Calls }) {
  const list = usePages(["get", calls.key, "all"], calls.list);
  const { add, table } = useCollection<Entry>({
    one,
    many,
    list,
    refresh: REFRESH,
    columns: ["Name"],
    cells: ({ name }) => [name],
    nameOf: ({ name }) => name,
    empty: emptyOf(many),
    form: (row, onDone) => <EntryForm what={one} row={row} calls={calls} onDone={onDone} />,
    remove: calls.remove,
    restore: ({ name }, params) => calls.add({ name }, params),
  });
  return <Section add={add} table={table} />;
}

function emptyOf(many: string) {
  return { icon: Boxes, title: `No ${many} yet`, about: "They also come with an import that may add what is missing." };
}

function Section({ add, table }: { add: ReactNode; table: ReactNode }) {
  return (
    <>
      <Group justify="flex-end" mb="sm">
        {add}
      </Group>
      {table}
    </>
  );
}

interface EntryFormProps {
  what: string;
  row: Entry | null;
  calls: Calls;
  onDone: () => void;
}

function EntryForm({ what, row, calls, onDone }: EntryFormProps) {
  const record = useRecord({
    what,
    row,
    read: (one: Entry | null) => ({ name: one?.name ?? "" }),
    write: (values) => values,
    add: calls.add,
    change: calls.change,
    refresh: REFRESH,
    onSaved: onDone,
  });
  return (
    <RecordForm record={record} onCancel={onDone}>
      <TextInput label="Name" data-autofocus {...record.form.getInputProps("name")} />
    </RecordForm>
  );
}

function Models() {
  const list = usePages(["get", "/api/device-models", "all"], (at, signal) =>
    client.GET("/api/device-models", { params: { query: { limit, ...at } }, signal }),
  );
  const makers = usePages(["get", "/api/device-manufacturers", "all"], MANUFACTURERS.list);
  const makerOf = ({ manufacturerId }: Model) => makers.items.find(({ id }) => id === manufacturerId);
  const { add, table } = useCollection<Model>({
    one: "model",
    many: "models",
    list,
    refresh: REFRESH,
    columns: ["Name", "Manufacturer"],
    cells: (row) => [row.name, makerOf(row)?.name],
    nameOf: ({ name }) => name,
    empty: emptyOf("models"),
    form: (row, onDone) => <ModelForm row={row} maker={row && makerOf(row)} onDone={onDone} />,
    remove: (id) => client.DELETE("/api/device-models/{id}", { params: { path: { id } } }),
    restore: ({ name, manufacturerId }, params) =>
      client.POST("/api/device-models", { params, body: { name, manufacturerId } }),
  });
  return <Section add={add} table={table} />;
}

interface ModelFormProps {
  row: Model | null;
  maker: Entry | null | undefined;
  onDone: () => void;
}

function ModelForm({ row, maker, onDone }: ModelFormProps) {
  const record = useRecord({
    what: "model",
    row,
    read: (one: Model | null) => ({ manufacturerId: one?.manufacturerId ?? "", name: one?.name ?? "" }),
    write: (values) => values,
    add: (body, params) => client.POST("/api/device-models", { params, body }),
    change: (id, body) => client.PATCH("/api/device-models/{id}", { params: { path: { id } }, body }),
    refresh: REFRESH,
    onSaved: onDone,
  });
  const { form } = record;
  return (
    <RecordForm record={record} onCancel={onDone}>
      <RemoteChoice
        label="Manufacturer"
        clearable={false}
        disabled={row !== null}
        among={["manufacturers"]}
        load={manufacturers}
        known={maker}
        {...form.getInputProps("manufacturerId")}
      />
      <TextInput label="Name" data-autofocus {...form.getInputProps("name")} />
    </RecordForm>
  );
}

function Systems() {
  const list = usePages(["get", "/api/operating-systems", "all"], (at, signal) =>
    client.GET("/api/operating-systems", { params: { query: { limit, ...at } }, signal }),
  );
  const { add, table } = useCollection<System>({
    one: "operating system",
    many: "operating systems",
    list,
    refresh: REFRESH,
    columns: ["Name", "Version"],
    cells: ({ name, osVersion }) => [name, osVersion],
    nameOf: ({ name, osVersion }) => `${name} ${osVersion}`.trim(),
    empty: emptyOf("operating systems"),
    form: (row, onDone) => <SystemForm row={row} onDone={onDone} />,
    remove: (id) => client.DELETE("/api/operating-systems/{id}", { params: { path: { id } } }),
    restore: ({ name, osVersion }, params) =>
      client.POST("/api/operating-systems", { params, body: { name, osVersion } }),
  });
  return <Section add={add} table={table} />;
}

function SystemForm({ row, onDone }: { row: System | null; onDone: () => void }) {
  const record = useRecord({
    what: "operating system",
    row,
    read: (one: System | null) => ({ name: one?.name ?? "", osVersion: one?.osVersion ?? "" }),
    write: (values) => values,
    add: (body, params) => client.POST("/api/operating-systems", { params, body }),
    change: (id, body) => client.PATCH("/api/operating-systems/{id}", { params: { path: { id } }, body }),
    refresh: REFRESH,
    onSaved: onDone,
  });
  const { form } = record;
  return (
    <RecordForm record={record} onCancel={onDone}>
      <TextInput label="Name" placeholder="Windows" data-autofocus {...form.getInputProps("name")} />
      <TextInput label="Version" placeholder="11 Pro 24H2" {...form.getInputProps("osVersion")} />
    </RecordForm>
  );
}
