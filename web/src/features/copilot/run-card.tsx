import { Button } from "@mantine/core";
import { RotateCw, X } from "lucide-react";
import { useId } from "react";
import type { Suggestion } from "~/api/client";
import { Dot } from "~/components/dot";
import { Age } from "~/components/time";
import { usePartial } from "~/live/partials";
import { TITLES, isPending } from "./content";
import { useResultContext } from "./context";
import classes from "./copilot.module.css";
import { COLORS, words } from "./state-badge";

/** A run that has no result: on its way, with what is written so far, or failed, with why. */
export function RunCard({ run }: { run: Suggestion }) {
  const heading = useId();
  const { mayAct, onRetry, onCancel } = useResultContext();
  const partial = usePartial(run.id);
  const pending = isPending(run);
  return (
    <section className={classes.card} aria-labelledby={heading} data-state={run.state}>
      <header className={classes.cardHead}>
        <h2 id={heading} className={classes.cardTitle}>
          {TITLES[run.kind] ?? run.kind}
        </h2>
        <span className={classes.cardAge}>
          <Age at={run.createdAt} />
        </span>
        {pending && mayAct && (
          <Button
            variant="subtle"
            color="gray"
            size="compact-xs"
            leftSection={<X size={12} aria-hidden />}
            onClick={() => onCancel(run)}
          >
            Cancel
          </Button>
        )}
        {!pending && onRetry && (
          <Button
            variant="subtle"
            color="gray"
            size="compact-xs"
            leftSection={<RotateCw size={12} aria-hidden />}
            onClick={() => onRetry(run)}
          >
            Try again
          </Button>
        )}
      </header>
      {partial !== "" && pending ? (
        <>
          <p className={classes.provisional} data-testid="provisional-text">
            {partial}
          </p>
          <p className={classes.hint}>Provisional: the copilot is still writing, and its text is not checked yet.</p>
        </>
      ) : (
        <Dot color={COLORS[run.state]}>{pending ? "On its way" : words(run.state, run.error)}</Dot>
      )}
    </section>
  );
}
