import { Alert, Button, Group, Modal, Text, TextInput } from "@mantine/core";
import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { copy } from "~/lib/clipboard";

interface Props {
  /** Null when there is nothing to show. */
  value: string | null;
  title: string;
  /** What it is for. */
  about: string;
  onClose: () => void;
}

/** Shows what the server gives only once. A click beside it does not close it. */
export function SecretDialog({ value, title, about, onClose }: Props) {
  const [copied, setCopied] = useState(false);
  const close = () => {
    setCopied(false);
    onClose();
  };
  return (
    <Modal
      opened={value !== null}
      onClose={close}
      title={title}
      size="lg"
      closeOnClickOutside={false}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Text size="sm" mb="sm">
        {about}
      </Text>
      <Group wrap="nowrap" align="flex-end">
        <TextInput
          label={title}
          readOnly
          flex={1}
          ff="monospace"
          value={value ?? ""}
          onFocus={(event) => event.currentTarget.select()}
        />
        <Button
          variant="default"
          size="sm"
          leftSection={copied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
          onClick={() => void copy(value ?? "").then(setCopied)}
        >
          {copied ? "Copied" : "Copy"}
        </Button>
      </Group>
      <Alert color="yellow" variant="outline" mt="md">
        It is shown this once. Nobody can read it again, only make a new one.
      </Alert>
      <Group justify="flex-end" mt="md">
        <Button size="sm" onClick={close}>
          Done
        </Button>
      </Group>
    </Modal>
  );
}
