import { Button, Group, Modal, Radio, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Problem } from "~/api/problem";
import { useSending } from "~/api/sending";
import { useUser } from "~/api/session";
import { Refusal } from "~/components/refusal";
import { showDone } from "~/components/toast";
import { useReturnFocus } from "~/lib/return-focus";
import { type CallDetail, callerOf } from "./looks";
import { callQuery } from "./use-live-calls";

const WAYS = [
  { value: "warm", label: "Warm", about: "The agent stays with the caller until the person has accepted." },
  { value: "cold", label: "Cold", about: "The agent lets go at once; the caller hears it ring." },
] as const;

/** Puts the caller through: to one's own telephone, or to a number. */
export function TakeOver({ call, onClose }: { call: CallDetail; onClose: () => void }) {
  useReturnFocus();
  const user = useUser();
  const queries = useQueryClient();
  const [whom, setWhom] = useState(user?.phone ? "me" : "number");
  const [number, setNumber] = useState("");
  const [mode, setMode] = useState<string>("warm");
  const transfer = useSending("post", "/api/calls/{id}/transfer", {
    onSuccess: () => {
      onClose();
      showDone(
        mode === "warm" ? "The telephone rings; the agent stays until it is answered" : "The caller is put through",
      );
      void queries.invalidateQueries(callQuery(call.id));
    },
  });
  const problem = transfer.error ? Problem.of(transfer.error) : null;
  const wrong = problem?.byField() ?? {};
  const to = whom === "me" ? (user?.id ?? "") : number.trim();
  return (
    <Modal
      opened
      onClose={onClose}
      title={`Take over the call of ${callerOf(call)}`}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (to !== "") transfer.mutate({ params: { path: { id: call.id } }, body: { to, mode } });
        }}
        noValidate
      >
        <Stack gap="sm">
          <SegmentedControl
            fullWidth
            aria-label="Put through to"
            value={whom}
            onChange={setWhom}
            data={[
              { value: "me", label: "My telephone", disabled: !user?.phone },
              { value: "number", label: "A number" },
            ]}
          />
          {!user?.phone && (
            <Text size="xs" c="dimmed">
              You have no telephone number here. An administrator sets it under Settings, Users.
            </Text>
          )}
          {whom === "me" ? (
            <Text size="sm">
              It rings at {user?.phone}. {wrong.to}
            </Text>
          ) : (
            <TextInput
              data-autofocus
              label="Number"
              type="tel"
              placeholder="+1 202 555 0111"
              value={number}
              error={wrong.to}
              onChange={(event) => setNumber(event.currentTarget.value)}
            />
          )}
          <Radio.Group label="How" value={mode} onChange={setMode} error={wrong.mode}>
            <Stack gap="xs" mt={4}>
              {WAYS.map(({ value, label, about }) => (
                <Radio key={value} value={value} label={label} description={about} size="sm" />
              ))}
            </Stack>
          </Radio.Group>
          <Refusal problem={problem && problem.fields.length === 0 ? problem : null} />
        </Stack>
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={to === ""} loading={transfer.isPending}>
            Put through
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
