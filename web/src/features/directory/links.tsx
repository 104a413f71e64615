import { Button, Group, Modal, Stack, Switch } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { client } from "~/api/client";
import { Problem } from "~/api/problem";
import { Refusal } from "~/components/refusal";
import { type Named, RemoteChoice } from "~/components/remote-choice";
import { showDone, showProblem } from "~/components/toast";
import { useFlight } from "~/lib/flight";
import { DIRECTORY } from "./refresh";

interface Pair {
  contactId: string;
  deviceId: string;
}

/** Who uses which device: how to say so, and how to take it back. */
export function useLinks() {
  const queries = useQueryClient();
  const again = () => {
    for (const queryKey of DIRECTORY) void queries.invalidateQueries({ queryKey });
  };
  const put = async (path: Pair, isPrimary: boolean) => {
    const params = { path: { id: path.contactId, deviceId: path.deviceId } };
    await client.PUT("/api/contacts/{id}/devices/{deviceId}", { params, body: { isPrimary } });
    again();
  };
  const remove = async (path: Pair) => {
    const params = { path: { id: path.contactId, deviceId: path.deviceId } };
    await client.DELETE("/api/contacts/{id}/devices/{deviceId}", { params });
    again();
  };
  return { put, remove };
}

interface UnlinkProps extends Pair {
  /** What the button says to those who cannot see its row. */
  name: string;
  /** Asked for when it is not known. */
  isPrimary?: boolean;
}

/** Whether a device is the first one of a contact. */
async function isFirst({ contactId, deviceId }: Pair): Promise<boolean> {
  const { data } = await client.GET("/api/devices/{id}", { params: { path: { id: deviceId } } });
  return data?.contacts.find(({ id }) => id === contactId)?.isPrimary ?? false;
}

export function Unlink({ name, isPrimary, ...pair }: UnlinkProps) {
  const { put, remove } = useLinks();
  const { fly, busy } = useFlight();
  const run = () =>
    void fly(async () => {
      try {
        // So that the undo makes it what it was.
        const first = isPrimary ?? (await isFirst(pair));
        await remove(pair);
        showDone(`${name} is unlinked`, () => put(pair, first));
      } catch (error) {
        showProblem(`${name} was not unlinked`, error);
      }
    });
  return (
    <Button variant="default" size="compact-sm" aria-label={`Unlink ${name}`} loading={busy} onClick={run}>
      Unlink
    </Button>
  );
}

/** Makes a device the first one of its person. */
export function MakeFirst({ name, ...pair }: UnlinkProps) {
  const { put } = useLinks();
  const { fly, busy } = useFlight();
  const run = () =>
    void fly(() => put(pair, true).catch((error: unknown) => showProblem("Nothing was changed", error)));
  return (
    <Button variant="default" size="compact-sm" aria-label={`First device of ${name}`} loading={busy} onClick={run}>
      Make it first
    </Button>
  );
}

interface LinkProps {
  /** `Link a device` */
  label: string;
  /** What is chosen: `Device`. */
  field: string;
  among: string[];
  load: (words: string | undefined, signal: AbortSignal) => Promise<Named[]>;
  pairOf: (id: string) => Pair;
  hint?: ReactNode;
}

/** The button that links a contact and a device of the same organization, with its dialog. */
export function LinkButton({ label, field, among, load, pairOf, hint }: LinkProps) {
  const { put } = useLinks();
  const { fly, busy } = useFlight();
  const [opened, setOpened] = useState(false);
  const [id, setId] = useState("");
  const [isPrimary, setPrimary] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const close = () => {
    setOpened(false);
    setId("");
    setPrimary(false);
    setProblem(null);
  };
  const submit = () =>
    void fly(async () => {
      try {
        await put(pairOf(id), isPrimary);
        close();
      } catch (error) {
        setProblem(Problem.of(error));
      }
    });
  return (
    <>
      <Button variant="default" onClick={() => setOpened(true)}>
        {label}
      </Button>
      <Modal opened={opened} onClose={close} title={label} closeButtonProps={{ "aria-label": "Close" }}>
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            if (id) submit();
          }}
        >
          <Stack gap="sm">
            <RemoteChoice
              label={field}
              description={hint}
              data-autofocus
              among={among}
              load={load}
              value={id}
              onChange={setId}
            />
            <Switch
              label="First device"
              description="The one that is meant when the person says “my computer”."
              checked={isPrimary}
              onChange={(event) => setPrimary(event.currentTarget.checked)}
            />
            <Refusal problem={problem} />
            <Group justify="flex-end" mt="xs">
              <Button variant="default" size="sm" onClick={close}>
                Cancel
              </Button>
              <Button type="submit" size="sm" loading={busy} disabled={id === ""}>
                Link
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
