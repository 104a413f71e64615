import { Button } from "@mantine/core";
import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useRef, useState } from "react";
import { useFlight } from "~/lib/flight";
import { newKey } from "~/lib/once";
import type { Once } from "~/lib/record";
import { Confirm } from "./confirm";
import { showDone, showProblem } from "./toast";

interface Props {
  /** What is deleted, in the words of the person. */
  name: string;
  remove: () => Promise<unknown>;
  /** Makes it again. Without it, deleting is asked about. */
  restore?: (params: Once) => Promise<unknown>;
  refresh: QueryKey[];
  /** Where to go when it is gone. */
  onDeleted?: () => unknown;
  size?: string;
  /** Quiet in a table, where there are many. */
  variant?: "default" | "subtle";
  /** What will be gone, for the question. */
  children?: ReactNode;
}

/** Deletes at once with an undo in the toast, or asks first when there is no way back. */
export function DeleteButton(props: Props) {
  const { name, remove, restore, refresh, onDeleted, size = "compact-sm", variant = "default", children } = props;
  const queries = useQueryClient();
  const { fly, busy } = useFlight();
  const [asking, setAsking] = useState(false);
  // The list may be loaded anew and not be drawn yet: a click on what is gone already is not heard.
  const isGone = useRef(false);
  const again = () => Promise.all(refresh.map((queryKey) => queries.invalidateQueries({ queryKey })));
  const run = () =>
    void fly(async () => {
      if (isGone.current) return;
      try {
        await remove();
        isGone.current = true;
        const params = { header: { "Idempotency-Key": newKey() } };
        const undo = async () => {
          await restore?.(params).finally(again);
          isGone.current = false;
        };
        showDone(`${name} is deleted`, restore && undo);
        // Gone from its own page first, so that nothing asks for it any more.
        await onDeleted?.();
      } catch (error) {
        showProblem(`${name} was not deleted`, error);
      }
      setAsking(false);
      // Until the list is loaded anew the row is still there, and must not be deleted again.
      await again();
    });
  return (
    <>
      <Button
        variant={variant}
        {...(variant === "subtle" && { color: "gray" })}
        size={size}
        aria-label={`Delete ${name}`}
        loading={busy && !asking}
        onClick={restore ? run : () => setAsking(true)}
      >
        Delete
      </Button>
      {!restore && (
        <Confirm
          opened={asking}
          title={`Delete ${name}?`}
          action="Delete"
          busy={busy}
          onClose={() => setAsking(false)}
          onConfirm={run}
        >
          {children ?? "This cannot be undone."}
        </Confirm>
      )}
    </>
  );
}
