import { Button, Group, Modal, Select, Stack, Table, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { type Schemas, client } from "~/api/client";
import { useLookups } from "~/api/queries";
import { useSending } from "~/api/sending";
import { Confirm } from "~/components/confirm";
import { Dot } from "~/components/dot";
import { Empty } from "~/components/empty";
import { Listing } from "~/components/listing";
import { Page } from "~/components/page";
import { SecretDialog } from "~/components/secret";
import { DataTable } from "~/components/table";
import { Age, useNow } from "~/components/time";
import { showDone, showProblem } from "~/components/toast";
import { showAtFields, useKeptForm } from "~/lib/kept-form";
import { useOnceKey } from "~/lib/once";
import { usePages } from "~/lib/pages";
import { fullTime } from "~/lib/time";

type Token = Schemas["TokenRow"];

const KEY = ["get", "/api/tokens"];

/** Keys for programs. */
export function Tokens() {
  const tokens = usePages(KEY, (at, signal) =>
    client.GET("/api/tokens", { params: { query: { limit: 100, ...at } }, signal }),
  );
  const [making, setMaking] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const make = (
    <Button leftSection={<Plus size={14} aria-hidden />} onClick={() => setMaking(true)}>
      New token
    </Button>
  );
  return (
    <Page
      title="API tokens"
      about={
        <>
          For programs that use the desk. Everything the page can do is in the{" "}
          <a href="/api/docs" target="_blank" rel="noreferrer">
            documentation of the API
          </a>
          .
        </>
      }
      actions={make}
    >
      <Listing
        list={tokens}
        label="tokens"
        empty={
          <Empty icon={KeyRound} title="No tokens yet" action={make}>
            A program signs its requests with one. Give each program its own, so that you can revoke it alone.
          </Empty>
        }
      >
        {(items) => (
          <DataTable label="API tokens" columns={["Name", "Begins with", "Role", "Last used", "Ends", "State", ""]}>
            {items.map((token) => (
              <Row key={token.id} token={token} />
            ))}
          </DataTable>
        )}
      </Listing>
      <Modal
        opened={making}
        onClose={() => setMaking(false)}
        title="New token"
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <NewToken
          onDone={(token) => {
            setMaking(false);
            setSecret(token);
          }}
          onCancel={() => setMaking(false)}
        />
      </Modal>
      <SecretDialog
        value={secret}
        title="API token"
        about="Put it where the program keeps its secrets. It goes into the header Authorization: Bearer."
        onClose={() => setSecret(null)}
      />
    </Page>
  );
}

function Row({ token }: { token: Token }) {
  const { roles } = useLookups();
  const now = useNow();
  const [asking, setAsking] = useState(false);
  const queries = useQueryClient();
  const revoke = useSending("delete", "/api/tokens/{id}", {
    onSuccess: () => {
      setAsking(false);
      showDone(`${token.name} is revoked`);
    },
    onError: (error) => showProblem(`${token.name} was not revoked`, error),
    onSettled: () => queries.invalidateQueries({ queryKey: KEY }),
  });
  const ended = token.expiresAt !== null && Date.parse(token.expiresAt) < now;
  const state = token.revokedAt ? "Revoked" : ended ? "Ended" : "Active";
  return (
    <Table.Tr>
      <Table.Td fw={600}>{token.name}</Table.Td>
      <Table.Td ff="monospace">{token.prefix}…</Table.Td>
      <Table.Td>{roles.find(({ key }) => key === token.role)?.label ?? token.role}</Table.Td>
      <Table.Td>{token.lastUsedAt ? <Age at={token.lastUsedAt} /> : "Never"}</Table.Td>
      <Table.Td>
        {token.expiresAt ? <time dateTime={token.expiresAt}>{fullTime(token.expiresAt)}</time> : "Never"}
      </Table.Td>
      <Table.Td>
        <Dot color={state === "Active" ? "var(--desk-good)" : null}>{state}</Dot>
      </Table.Td>
      <Table.Td ta="right">
        {state === "Active" && (
          <Button
            variant="default"
            size="compact-sm"
            aria-label={`Revoke ${token.name}`}
            onClick={() => setAsking(true)}
          >
            Revoke
          </Button>
        )}
        <Confirm
          opened={asking}
          title={`Revoke ${token.name}?`}
          action="Revoke"
          busy={revoke.isPending}
          onClose={() => setAsking(false)}
          onConfirm={() => !revoke.isPending && revoke.mutate({ params: { path: { id: token.id } } })}
        >
          The program that uses it is refused at once. This cannot be undone.
        </Confirm>
      </Table.Td>
    </Table.Tr>
  );
}

const DAY_MS = 24 * 3_600_000;
/** A midnight, so that a second try on the same day asks for the same. */
function midnightIn(days: number): string {
  return new Date((Math.ceil(Date.now() / DAY_MS) + days) * DAY_MS).toISOString();
}

const EMPTY = { name: "", role: "AGENT", days: "90" };

function NewToken({ onDone, onCancel }: { onDone: (token: string) => void; onCancel: () => void }) {
  const { roles } = useLookups();
  const form = useKeptForm("token", { initialValues: EMPTY });
  const once = useOnceKey();
  const queries = useQueryClient();
  const create = useSending("post", "/api/tokens", {
    onSuccess: ({ token }) => {
      once.done();
      form.settle();
      void queries.invalidateQueries({ queryKey: KEY });
      onDone(token);
    },
    onError: (error) => {
      const rest = showAtFields(form, error, (field) => field in EMPTY);
      if (rest) showProblem("No token was made", rest);
    },
  });
  const submit = form.onSubmit(({ name, role, days }) => {
    if (create.isPending) return;
    const body = { name, role, expiresAt: days === "" ? null : midnightIn(Number(days)) };
    create.mutate({ params: { header: { "Idempotency-Key": once.keyFor(body) } }, body });
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <TextInput label="Name" description="Which program it is for." data-autofocus {...form.getInputProps("name")} />
        <Select
          label="Role"
          allowDeselect={false}
          data={roles.map(({ key, label }) => ({ value: key, label }))}
          {...form.getInputProps("role")}
        />
        <Select
          label="Ends"
          allowDeselect={false}
          data={[
            { value: "30", label: "After 30 days" },
            { value: "90", label: "After 90 days" },
            { value: "365", label: "After a year" },
            { value: "", label: "Never" },
          ]}
          {...form.getInputProps("days")}
        />
        <Group justify="flex-end" mt="xs">
          <Button variant="default" size="sm" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" size="sm" loading={create.isPending}>
            Make the token
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
