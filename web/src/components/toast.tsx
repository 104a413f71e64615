import { Button, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { Problem } from "~/api/problem";

/** What failed and why, with the request id that names it in the server's log. */
export function showProblem(what: string, error: unknown): void {
  const problem = Problem.of(error);
  notifications.show({
    title: what,
    color: "red",
    withBorder: true,
    autoClose: 10_000,
    closeButtonProps: { "aria-label": "Dismiss" },
    message: (
      <>
        {problem.message}
        {problem.requestId && (
          <Text size="xs" c="dimmed" mt={4}>
            Request {problem.requestId}
          </Text>
        )}
      </>
    ),
  });
}

/** Says that something was done, and offers the way back. */
export function showDone(message: string, undo?: () => void): void {
  const id = `done-${String(Date.now())}`;
  notifications.show({
    id,
    withBorder: true,
    autoClose: undo ? 8_000 : 3_000,
    closeButtonProps: { "aria-label": "Dismiss" },
    message: (
      <Group justify="space-between" wrap="nowrap">
        <span>{message}</span>
        {undo && (
          <Button
            variant="subtle"
            onClick={() => {
              undo();
              notifications.hide(id);
            }}
          >
            Undo
          </Button>
        )}
      </Group>
    ),
  });
}
