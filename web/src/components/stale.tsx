import { Alert, Button, Group } from "@mantine/core";

interface Props {
  /** What was changed: `article`. */
  what: string;
  onTheirs: () => void;
  onMine: () => void;
}

/** Somebody else saved first: nothing is lost, and nothing is overwritten without being asked for. */
export function StaleNotice({ what, onTheirs, onMine }: Props) {
  return (
    <Alert color="yellow" variant="outline" role="alert" title="Somebody else saved first" mb="md">
      This {what} was changed since you opened it. Your text is still here and is not saved yet.
      <Group mt="sm" gap="xs">
        <Button variant="default" onClick={onMine}>
          Save mine over it
        </Button>
        <Button variant="default" onClick={onTheirs}>
          Drop mine, show theirs
        </Button>
      </Group>
    </Alert>
  );
}
