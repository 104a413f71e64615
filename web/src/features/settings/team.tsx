import { MultiSelect, Select, TextInput, Title } from "@mantine/core";
import { Users } from "lucide-react";
import { type Schemas, client } from "~/api/client";
import { useLookups } from "~/api/queries";
import { useCollection } from "~/components/collection";
import { Page } from "~/components/page";
import { RecordForm } from "~/components/record-form";
import { usePages } from "~/lib/pages";
import { useRecord } from "~/lib/record";
import { type Agent, useAgentCollection, useAgents } from "./support-agents";

type Team = Schemas["TeamRow"];

const REFRESH = [["get", "/api/teams"]];

const STRATEGIES = [
  { value: "ROUND_ROBIN", label: "Whoever waits longest" },
  { value: "LEAST_BUSY", label: "Whoever is least busy" },
];

/** Who works tickets, and which tickets go to whom by themselves. */
export function TeamPage() {
  const agents = useAgents();
  const list = usePages(["get", "/api/teams", "all"], (at, signal) =>
    client.GET("/api/teams", { params: { query: { limit: 100, ...at } }, signal }),
  );
  const people = useAgentCollection(agents);
  const teams = useCollection<Team>({
    one: "team",
    many: "teams",
    list,
    refresh: REFRESH,
    columns: ["Name", "Product areas", "Shares by", "Members"],
    cells: (team) => [
      team.name,
      team.productAreas.join(", ") || "None",
      STRATEGIES.find(({ value }) => value === team.strategy)?.label ?? team.strategy,
      team.members.map(({ name }) => name).join(", ") || "Nobody",
    ],
    nameOf: ({ name }) => name,
    empty: {
      icon: Users,
      title: "No teams yet",
      about: "A team takes the tickets of some product areas and shares them among its people.",
    },
    form: (team, onDone) => <TeamForm team={team} agents={agents.items} onDone={onDone} />,
    remove: (id) => client.DELETE("/api/teams/{id}", { params: { path: { id } } }),
    restore: (team, params) => client.POST("/api/teams", { params, body: written(valuesOf(team)) }),
  });
  return (
    <Page
      title="Teams and agents"
      about="New tickets of a team's product areas are given to its people by themselves."
      actions={
        <>
          {people.add}
          {teams.add}
        </>
      }
    >
      <Title order={2} mb="xs">
        Teams
      </Title>
      {teams.table}
      <Title order={2} mt="xl" mb="xs">
        Support agents
      </Title>
      {people.table}
    </Page>
  );
}

function valuesOf(team: Team | null) {
  return {
    name: team?.name ?? "",
    productAreas: team?.productAreas ?? [],
    strategy: team?.strategy ?? "ROUND_ROBIN",
    members: team?.members.map(({ id }) => id) ?? [],
  };
}

type Values = ReturnType<typeof valuesOf>;

const written = (values: Values): Schemas["TeamInput"] => values;

function TeamForm({ team, agents, onDone }: { team: Team | null; agents: Agent[]; onDone: () => void }) {
  const { productAreas } = useLookups();
  const record = useRecord({
    what: "team",
    row: team,
    read: valuesOf,
    write: written,
    add: (body, params) => client.POST("/api/teams", { params, body }),
    change: (id, body) => client.PATCH("/api/teams/{id}", { params: { path: { id } }, body }),
    refresh: REFRESH,
    onSaved: onDone,
  });
  const { form } = record;
  return (
    <RecordForm record={record} onCancel={onDone}>
      <TextInput label="Name" data-autofocus {...form.getInputProps("name")} />
      <MultiSelect
        label="Product areas"
        description="New tickets of these areas go to the team."
        data={productAreas}
        {...form.getInputProps("productAreas")}
      />
      <Select label="A ticket goes to" allowDeselect={false} data={STRATEGIES} {...form.getInputProps("strategy")} />
      <MultiSelect
        label="Members"
        searchable
        data={agents.map(({ id, name, kind }) => ({
          value: id,
          label: kind === "BOT" ? `${name} (voice agent)` : name,
        }))}
        {...form.getInputProps("members")}
      />
    </RecordForm>
  );
}
