import { Button, Group, Modal, Textarea } from "@mantine/core";
import { useState } from "react";

interface Props {
  busy: boolean;
  onClose: () => void;
  onDecline: (reason: string) => void;
}

/** Asks why an escalation is declined. */
export function Decline({ busy, onClose, onDecline }: Props) {
  const [reason, setReason] = useState("");
  return (
    <Modal opened onClose={onClose} title="Decline the escalation" closeButtonProps={{ "aria-label": "Close" }}>
      <Textarea
        data-autofocus
        label="Reason"
        autosize
        minRows={2}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button loading={busy} disabled={reason.trim() === ""} onClick={() => onDecline(reason.trim())}>
          Decline
        </Button>
      </Group>
    </Modal>
  );
}
