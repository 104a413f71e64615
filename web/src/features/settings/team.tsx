import {
  Button,
  Group,
  Modal,
  MultiSelect,
  NumberInput,
  Select,
  Stack,
  Switch,
  Table,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Bot, Plus, Users } from "lucide-react";
import { useState } from "react";
import { type Schemas, api, client } from "~/api/client";
import { useLookups } from "~/api/queries";
import { Confirm } from "~/components/confirm";
import { Dot } from "~/components/dot";
import { Empty } from "~/components/empty";
import { Listing } from "~/components/listing";
import { Page } from "~/components/page";
import { DataTable } from "~/components/table";
import { showDone, showProblem } from "~/components/toast";
import { showAtFields, useKeptForm } from "~/lib/kept-form";
import { useOnceKey } from "~/lib/once";
import { usePages } from "~/lib/pages";
import { flattened } from "./webhooks";

type Agent = Schemas["SupportAgentRow"];
type Team = Schemas["TeamRow"];

const AGENTS = ["get", "/api/support-agents"];
const TEAMS = ["get", "/api/teams"];

/** Who works tickets, and which tickets go to whom by themselves. */
export function TeamPage() {
  const agents = usePages([...AGENTS, "all"], (at, signal) =>
    client.GET("/api/support-agents", { params: { query: { limit: 100, ...at } }, signal }),
  );
  const teams = usePages([...TEAMS, "all"], (at, signal) =>
    client.GET("/api/teams", { params: { query: { limit: 100, ...at } }, signal }),
  );
  const [team, setTeam] = useState<Team | "new" | null>(null);
  const [agent, setAgent] = useState<Agent | "new" | null>(null);
  const addTeam = (
    <Button leftSection={<Plus size={14} aria-hidden />} onClick={() => setTeam("new")}>
      New team
    </Button>
  );
  const addAgent = (
    <Button variant="default" leftSection={<Plus size={14} aria-hidden />} onClick={() => setAgent("new")}>
      New support agent
    </Button>
  );
  return (
    <Page
      title="Teams and agents"
      about="New tickets of a team's product areas are given to its people by themselves."
      actions={
        <>
          {addAgent}
          {addTeam}
        </>
      }
    >
      <Title order={2} mb="xs">
        Teams
      </Title>
      <Listing
        list={teams}
        label="teams"
        empty={
          <Empty icon={Users} title="No teams yet" action={addTeam}>
            A team takes the tickets of some product areas and shares them among its people.
          </Empty>
        }
      >
        {(items) => (
          <DataTable label="Teams" columns={["Name", "Product areas", "Shares by", "Members", ""]}>
            {items.map((row) => (
              <TeamLine key={row.id} team={row} onEdit={() => setTeam(row)} />
            ))}
          </DataTable>
        )}
      </Listing>
      <Title order={2} mt="xl" mb="xs">
        Support agents
      </Title>
      <Listing
        list={agents}
        label="support agents"
        empty={
          <Empty icon={Bot} title="No support agents yet" action={addAgent}>
            Tickets are assigned to support agents: people of your team, and voice agents.
          </Empty>
        }
      >
        {(items) => (
          <DataTable label="Support agents" columns={["Name", "Kind", "Knows best", "Open tickets", "State", ""]}>
            {items.map((row) => (
              <AgentLine key={row.id} agent={row} onEdit={() => setAgent(row)} />
            ))}
          </DataTable>
        )}
      </Listing>
      <Modal
        opened={team !== null}
        onClose={() => setTeam(null)}
        title={team === "new" ? "New team" : "Change the team"}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        {team && (
          <TeamForm
            key={team === "new" ? "new" : team.id}
            team={team === "new" ? null : team}
            agents={agents.items}
            onDone={() => setTeam(null)}
          />
        )}
      </Modal>
      <Modal
        opened={agent !== null}
        onClose={() => setAgent(null)}
        title={agent === "new" ? "New support agent" : "Change the support agent"}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        {agent && (
          <AgentForm
            key={agent === "new" ? "new" : agent.id}
            agent={agent === "new" ? null : agent}
            onDone={() => setAgent(null)}
          />
        )}
      </Modal>
    </Page>
  );
}

const STRATEGIES = [
  { value: "ROUND_ROBIN", label: "Whoever waits longest" },
  { value: "LEAST_BUSY", label: "Whoever is least busy" },
];

function areasOf(team: Team | null): string[] {
  return (team?.productAreas ?? []) as string[];
}

function TeamLine({ team, onEdit }: { team: Team; onEdit: () => void }) {
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries({ queryKey: TEAMS });
  const add = api.useMutation("post", "/api/teams", { onSettled: refresh });
  const remove = api.useMutation("delete", "/api/teams/{id}", {
    onSuccess: () => {
      const { name, strategy, members } = team;
      const again = { name, strategy, productAreas: areasOf(team), members: members.map(({ id }) => id) };
      showDone(`${name} is deleted`, () => add.mutateAsync({ body: again }));
    },
    onError: (error) => showProblem(`${team.name} was not deleted`, error),
    onSettled: refresh,
  });
  return (
    <Table.Tr>
      <Table.Td fw={600}>{team.name}</Table.Td>
      <Table.Td>{areasOf(team).join(", ") || "None"}</Table.Td>
      <Table.Td>{STRATEGIES.find(({ value }) => value === team.strategy)?.label ?? team.strategy}</Table.Td>
      <Table.Td>{team.members.map(({ name }) => name).join(", ") || "Nobody"}</Table.Td>
      <Table.Td>
        <Group gap="xs" justify="flex-end" wrap="nowrap">
          <Button variant="default" size="compact-sm" aria-label={`Change ${team.name}`} onClick={onEdit}>
            Change
          </Button>
          <Button
            variant="default"
            size="compact-sm"
            aria-label={`Delete ${team.name}`}
            loading={remove.isPending}
            onClick={() => remove.mutate({ params: { path: { id: team.id } } })}
          >
            Delete
          </Button>
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

interface TeamValues extends Record<string, unknown> {
  name: string;
  productAreas: string[];
  strategy: string;
  members: string[];
}

function TeamForm({ team, agents, onDone }: { team: Team | null; agents: Agent[]; onDone: () => void }) {
  const { productAreas } = useLookups();
  const form = useKeptForm<TeamValues>(`team.${team?.id ?? "new"}`, {
    initialValues: {
      name: team?.name ?? "",
      productAreas: areasOf(team),
      strategy: team?.strategy ?? "ROUND_ROBIN",
      members: team?.members.map(({ id }) => id) ?? [],
    },
  });
  const once = useOnceKey();
  const queries = useQueryClient();
  const after = {
    onSuccess: ({ name }: Team) => {
      once.done();
      form.settle();
      showDone(`${name} is saved`);
      void queries.invalidateQueries({ queryKey: TEAMS });
      onDone();
    },
    onError: (error: unknown) => {
      const rest = showAtFields(form, flattened(error), (field) => field in form.values);
      if (rest) showProblem("The team was not saved", rest);
    },
  };
  const add = api.useMutation("post", "/api/teams", after);
  const change = api.useMutation("patch", "/api/teams/{id}", after);
  const busy = add.isPending || change.isPending;
  const submit = form.onSubmit((values) => {
    if (busy) return;
    if (team) change.mutate({ params: { path: { id: team.id } }, body: { ...values, version: team.version } });
    else add.mutate({ params: { header: { "Idempotency-Key": once.keyFor(values) } }, body: values });
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
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

function AgentLine({ agent, onEdit }: { agent: Agent; onEdit: () => void }) {
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const refresh = () => queries.invalidateQueries({ queryKey: AGENTS });
  const remove = api.useMutation("delete", "/api/support-agents/{id}", {
    onSuccess: () => {
      setAsking(false);
      showDone(`${agent.name} is deleted`);
    },
    onError: (error) => showProblem(`${agent.name} was not deleted`, error),
    onSettled: refresh,
  });
  const isBot = agent.kind === "BOT";
  return (
    <Table.Tr>
      <Table.Td fw={600}>{agent.name}</Table.Td>
      <Table.Td>{isBot ? "Voice agent" : agent.userId ? "Person" : "Person without sign-in"}</Table.Td>
      <Table.Td>{agent.specialty ?? ""}</Table.Td>
      <Table.Td>{isBot ? "" : `At most ${String(agent.maxOpenTickets)}`}</Table.Td>
      <Table.Td>
        <Dot color={agent.isAvailable ? "var(--desk-good)" : null}>{agent.isAvailable ? "Available" : "Away"}</Dot>
      </Table.Td>
      <Table.Td>
        <Group gap="xs" justify="flex-end" wrap="nowrap">
          <Button variant="default" size="compact-sm" aria-label={`Change ${agent.name}`} onClick={onEdit}>
            Change
          </Button>
          <Button
            variant="default"
            size="compact-sm"
            aria-label={`Delete ${agent.name}`}
            onClick={() => setAsking(true)}
          >
            Delete
          </Button>
        </Group>
        <Confirm
          opened={asking}
          title={`Delete ${agent.name}?`}
          action="Delete"
          busy={remove.isPending}
          onClose={() => setAsking(false)}
          onConfirm={() => !remove.isPending && remove.mutate({ params: { path: { id: agent.id } } })}
        >
          Nobody can assign tickets to {agent.name} any more. This cannot be undone.
        </Confirm>
      </Table.Td>
    </Table.Tr>
  );
}

interface AgentValues extends Record<string, unknown> {
  name: string;
  specialty: string;
  userId: string;
  isAvailable: boolean;
  maxOpenTickets: number | string;
}

function AgentForm({ agent, onDone }: { agent: Agent | null; onDone: () => void }) {
  const users = usePages(["get", "/api/users"], (at, signal) =>
    client.GET("/api/users", { params: { query: { limit: 100, ...at } }, signal }),
  );
  const form = useKeptForm<AgentValues>(`agent.${agent?.id ?? "new"}`, {
    initialValues: {
      name: agent?.name ?? "",
      specialty: agent?.specialty ?? "",
      userId: agent?.userId ?? "",
      isAvailable: agent?.isAvailable ?? true,
      maxOpenTickets: agent?.maxOpenTickets ?? 20,
    },
  });
  const once = useOnceKey();
  const queries = useQueryClient();
  const after = {
    onSuccess: ({ name }: { name: string }) => {
      once.done();
      form.settle();
      showDone(`${name} is saved`);
      void queries.invalidateQueries({ queryKey: AGENTS });
      onDone();
    },
    onError: (error: unknown) => {
      const rest = showAtFields(form, error, (field) => field in form.values);
      if (rest) showProblem("The support agent was not saved", rest);
    },
  };
  const add = api.useMutation("post", "/api/support-agents", after);
  const change = api.useMutation("patch", "/api/support-agents/{id}", after);
  const busy = add.isPending || change.isPending;
  const isBot = agent?.kind === "BOT";
  const submit = form.onSubmit(({ name, specialty, userId, isAvailable, maxOpenTickets }) => {
    if (busy) return;
    const shared = { name, specialty: specialty || null, isAvailable, maxOpenTickets: Number(maxOpenTickets) };
    const body = { ...shared, ...(isBot ? {} : { userId: userId || null }) };
    if (agent) change.mutate({ params: { path: { id: agent.id } }, body: { ...body, version: agent.version } });
    else {
      const added = { ...body, kind: "HUMAN" };
      add.mutate({ params: { header: { "Idempotency-Key": once.keyFor(added) } }, body: added });
    }
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <TextInput label="Name" data-autofocus {...form.getInputProps("name")} />
        <TextInput label={isBot ? "Voice agent" : "Knows best"} {...form.getInputProps("specialty")} />
        {!isBot && (
          <Select
            label="Signs in as"
            placeholder="Nobody"
            clearable
            searchable
            data={users.items.map(({ id, name, email }) => ({ value: id, label: `${name}, ${email}` }))}
            error={form.errors.userId}
            value={form.values.userId || null}
            onChange={(value) => form.setFieldValue("userId", value ?? "")}
          />
        )}
        <NumberInput
          label="Most open tickets"
          description="With so many, a team gives no more."
          min={0}
          {...form.getInputProps("maxOpenTickets")}
        />
        <Switch
          label="Available"
          description="Teams give tickets only to those who are."
          {...form.getInputProps("isAvailable", { type: "checkbox" })}
        />
        {isBot && <Text size="xs">Voice agents are not given tickets by teams.</Text>}
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
