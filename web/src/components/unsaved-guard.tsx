import { useBlocker } from "@tanstack/react-router";
import { Confirm } from "./confirm";

/**
 * Asks before a page with changes that are not saved is left. The end of a session is let pass: what was typed is kept by
 * `useKeptForm` and is there again after the next sign-in.
 */
export function UnsavedGuard({ dirty, onDiscard }: { dirty: boolean; onDiscard?: () => void }) {
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => dirty && next.pathname !== current.pathname && next.pathname !== "/sign-in",
    enableBeforeUnload: dirty,
    withResolver: true,
  });
  return (
    <Confirm
      opened={blocker.status === "blocked"}
      title="Leave without saving?"
      action="Discard changes"
      onConfirm={() => {
        onDiscard?.();
        blocker.proceed?.();
      }}
      onClose={() => blocker.reset?.()}
    >
      The changes on this page are not saved.
    </Confirm>
  );
}
