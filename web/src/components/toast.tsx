import { Button, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { Problem } from "~/api/problem";

let shown = 0;
/** The way back from what was done last, while its toast is there. */
let lastUndo: (() => void) | null = null;

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

/**
 * Says that something was done, and offers the way back. `undo` is called once at most, by the button or by `undoLast`; when
 * it fails, that is said too.
 */
export function showDone(message: string, undo?: () => unknown): void {
  shown += 1;
  const id = `done-${String(shown)}`;
  let open = true;
  const goBack = () => {
    if (!open || !undo) return;
    open = false;
    notifications.hide(id);
    if (lastUndo === goBack) lastUndo = null;
    const failed = (error: unknown) => showProblem("This was not undone", error);
    try {
      Promise.resolve(undo()).catch(failed);
    } catch (error) {
      failed(error);
    }
  };
  if (undo) lastUndo = goBack;
  notifications.show({
    id,
    withBorder: true,
    autoClose: undo ? 8_000 : 3_000,
    closeButtonProps: { "aria-label": "Dismiss" },
    onClose: () => {
      open = false;
      if (lastUndo === goBack) lastUndo = null;
    },
    message: (
      <Group justify="space-between" wrap="nowrap">
        <span>{message}</span>
        {undo && (
          <Button variant="subtle" onClick={goBack}>
            Undo
          </Button>
        )}
      </Group>
    ),
  });
}

/** Takes back what was done last; false when there is nothing to take back any more. */
export function undoLast(): boolean {
  if (!lastUndo) return false;
  lastUndo();
  return true;
}
