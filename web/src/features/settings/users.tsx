import { Button, Group, Modal, Select, Stack, Table, Text, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { UserPlus, Users as UsersIcon } from "lucide-react";
import { useState } from "react";
import { type Schemas, client } from "~/api/client";
import { useLookups } from "~/api/queries";
import { useUser } from "~/api/session";
import { useSending } from "~/api/sending";
import { Dot } from "~/components/dot";
import { Empty } from "~/components/empty";
import { Listing } from "~/components/listing";
import { Page } from "~/components/page";
import { SecretDialog } from "~/components/secret";
import { DataTable } from "~/components/table";
import { Age } from "~/components/time";
import { showDone, showProblem } from "~/components/toast";
import { showAtFields, useKeptForm } from "~/lib/kept-form";
import { useOnceKey } from "~/lib/once";
import { usePages } from "~/lib/pages";

type User = Schemas["UserRow"];

const KEY = ["get", "/api/users"];

/** Who may sign in, and what they may do. */
export function Users() {
  const users = usePages(KEY, (at, signal) =>
    client.GET("/api/users", { params: { query: { limit: 100, ...at } }, signal }),
  );
  const [inviting, setInviting] = useState(false);
  const [link, setLink] = useState<string | null>(null);
  return (
    <Page
      title="Users"
      about="Viewers read, agents work tickets and articles, administrators also change what is on these pages."
      actions={
        <Button leftSection={<UserPlus size={14} aria-hidden />} onClick={() => setInviting(true)}>
          Invite
        </Button>
      }
    >
      <Listing
        list={users}
        label="users"
        empty={
          <Empty icon={UsersIcon} title="Nobody yet">
            Invite the people of your team; each gets a link and chooses a password.
          </Empty>
        }
      >
        {(items) => (
          <DataTable label="Users" columns={["Name", "Role", "Last sign-in", "State", ""]}>
            {items.map((user) => (
              <Row key={user.id} user={user} />
            ))}
          </DataTable>
        )}
      </Listing>
      <Modal
        opened={inviting}
        onClose={() => setInviting(false)}
        title="Invite somebody"
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <Invite
          onDone={(url) => {
            setInviting(false);
            setLink(url);
          }}
          onCancel={() => setInviting(false)}
        />
      </Modal>
      <SecretDialog
        value={link}
        title="Invitation link"
        about="Send this link to the person. It works once, within 72 hours, and leads to a password of their own."
        onClose={() => setLink(null)}
      />
    </Page>
  );
}

function Row({ user }: { user: User }) {
  const { roles } = useLookups();
  const me = useUser();
  const queries = useQueryClient();
  const change = useSending("patch", "/api/users/{id}", {
    onError: (error) => showProblem(`${user.name} was not changed`, error),
    onSettled: () => queries.invalidateQueries({ queryKey: KEY }),
  });
  const set = (body: Schemas["UserChanges"]) => change.mutateAsync({ params: { path: { id: user.id } }, body });
  const setAndSay = async (body: Schemas["UserChanges"], back: Schemas["UserChanges"], said: string) => {
    try {
      await set({ ...body, version: user.version });
      showDone(said, () => set(back));
    } catch {
      // Told by the mutation.
    }
  };
  const disabled = user.disabledAt !== null;
  const labelOf = (role: string | null) => roles.find(({ key }) => key === role)?.label ?? role ?? "";
  const mine = me?.id === user.id;
  return (
    <Table.Tr>
      <Table.Td>
        <Text size="sm" fw={600}>
          {user.name}
          {mine && " (you)"}
        </Text>
        <Text size="xs" c="dimmed">
          {user.email}
        </Text>
      </Table.Td>
      <Table.Td>
        {mine ? (
          labelOf(user.role)
        ) : (
          <Select
            aria-label={`Role of ${user.name}`}
            size="xs"
            w={150}
            allowDeselect={false}
            disabled={change.isPending}
            value={user.role}
            data={roles.map(({ key, label }) => ({ value: key, label }))}
            onChange={(role) =>
              role &&
              role !== user.role &&
              void setAndSay({ role }, { role: user.role }, `${user.name}: ${labelOf(role)}`)
            }
          />
        )}
      </Table.Td>
      <Table.Td>{user.lastLoginAt ? <Age at={user.lastLoginAt} /> : "Never"}</Table.Td>
      <Table.Td>
        <Dot color={disabled ? null : "var(--desk-good)"}>{disabled ? "Disabled" : "Active"}</Dot>
      </Table.Td>
      <Table.Td ta="right">
        {!mine && (
          <Button
            variant="default"
            size="compact-sm"
            loading={change.isPending}
            aria-label={`${disabled ? "Enable" : "Disable"} ${user.name}`}
            onClick={() =>
              void setAndSay(
                { disabled: !disabled },
                { disabled },
                disabled ? `${user.name} may sign in again` : `${user.name} is disabled and signed out`,
              )
            }
          >
            {disabled ? "Enable" : "Disable"}
          </Button>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

const EMPTY = { email: "", name: "", role: "AGENT" };

function Invite({ onDone, onCancel }: { onDone: (url: string | null) => void; onCancel: () => void }) {
  const { roles } = useLookups();
  const form = useKeptForm("invite", { initialValues: EMPTY });
  const once = useOnceKey();
  const queries = useQueryClient();
  const add = useSending("post", "/api/users", {
    onSuccess: ({ invitationUrl, user }) => {
      once.done();
      form.settle();
      showDone(`${user.name} is invited`);
      void queries.invalidateQueries({ queryKey: KEY });
      onDone(invitationUrl);
    },
    onError: (error) => {
      const rest = showAtFields(form, error, (field) => field in EMPTY);
      if (rest) showProblem("Nobody was invited", rest);
    },
  });
  const submit = form.onSubmit((body) => {
    if (add.isPending) return;
    add.mutate({ params: { header: { "Idempotency-Key": once.keyFor(body) } }, body });
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <TextInput label="E-mail" type="email" data-autofocus {...form.getInputProps("email")} />
        <TextInput label="Name" {...form.getInputProps("name")} />
        <Select
          label="Role"
          allowDeselect={false}
          data={roles.map(({ key, label }) => ({ value: key, label }))}
          {...form.getInputProps("role")}
        />
        <Group justify="flex-end" mt="xs">
          <Button variant="default" size="sm" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" size="sm" loading={add.isPending}>
            Make the invitation
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
