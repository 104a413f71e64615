import { ActionIcon, Button, TextInput, Tooltip } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Braces, Copy, RotateCw, ThumbsDown, ThumbsUp } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { type Suggestion } from "~/api/client";
import { suggestionsQuery } from "~/api/queries";
import { useSending } from "~/api/sending";
import { Age } from "~/components/time";
import { showDone, showProblem } from "~/components/toast";
import { copy } from "~/lib/clipboard";
import { duration } from "~/lib/time";
import { Citations } from "./citations";
import { useResultContext } from "./context";
import classes from "./copilot.module.css";

interface Props {
  title: string;
  run: Suggestion;
  /** The result as plain text. */
  text: string;
  citations?: string[] | null | undefined;
  children: ReactNode;
}

/** Around every result: how to take it along, who made it, and what one thinks of it. */
export function ResultCard({ title, run, text, citations, children }: Props) {
  const heading = useId();
  const { onRetry } = useResultContext();
  return (
    <section className={classes.card} aria-labelledby={heading}>
      <header className={classes.cardHead}>
        <h2 id={heading} className={classes.cardTitle}>
          {title}
        </h2>
        <span className={classes.cardAge}>
          <Age at={run.createdAt} />
        </span>
        <IconAction label="Copy JSON" onClick={() => void copyOut(JSON.stringify(run.content, null, 2))}>
          <Braces size={15} aria-hidden />
        </IconAction>
        <IconAction label="Copy" onClick={() => void copyOut(text)}>
          <Copy size={15} aria-hidden />
        </IconAction>
        {onRetry && (
          <IconAction label="Ask again" onClick={() => onRetry(run)}>
            <RotateCw size={14} aria-hidden />
          </IconAction>
        )}
      </header>
      {children}
      <Citations ids={citations ?? []} />
      <Origin run={run} />
    </section>
  );
}

async function copyOut(text: string): Promise<void> {
  if (await copy(text)) showDone("Copied");
  else showProblem("Not copied", new Error("The browser does not allow it. Select the text and copy it."));
}

/** Model, cost and time, and the two thumbs. */
function Origin({ run }: { run: Suggestion }) {
  const { mayAct } = useResultContext();
  const queries = useQueryClient();
  const [why, setWhy] = useState<string | null>(null);
  const judge = useSending("post", "/api/copilot/v1/feedback/{id}", {
    onSettled: () => queries.invalidateQueries({ queryKey: suggestionsQuery(run.ticketId).queryKey }),
    onError: (error) => showProblem("Your feedback was not recorded", error),
  });
  const tell = (verdict: string, note?: string) =>
    judge.mutate({ params: { path: { id: run.id } }, body: { verdict, note } });
  const facts = [run.model, cost(run), took(run), edited(run)].filter(Boolean);
  return (
    <>
      <footer className={classes.origin}>
        <span>{facts.join(" · ")}</span>
        {mayAct && (
          <span className={classes.thumbs}>
            <IconAction label="Helpful" pressed={isLiked(run)} onClick={() => tell("accepted")} busy={judge.isPending}>
              <ThumbsUp size={14} aria-hidden />
            </IconAction>
            <IconAction
              label="Not helpful"
              pressed={run.feedback === "REJECTED"}
              onClick={() => {
                tell("rejected");
                setWhy("");
              }}
              busy={judge.isPending}
            >
              <ThumbsDown size={14} aria-hidden />
            </IconAction>
          </span>
        )}
      </footer>
      {why !== null && (
        <form
          className={classes.why}
          onSubmit={(event) => {
            event.preventDefault();
            if (why.trim() !== "") tell("rejected", why.trim());
            setWhy(null);
          }}
        >
          <TextInput
            size="xs"
            aria-label="What was wrong with it"
            placeholder="What was wrong? (if you like)"
            maxLength={500}
            value={why}
            onChange={(event) => setWhy(event.currentTarget.value)}
          />
          <Button type="submit" variant="default" size="xs">
            Save
          </Button>
        </form>
      )}
      {run.feedbackNote && why === null && <p className={classes.hint}>“{run.feedbackNote}”</p>}
    </>
  );
}

function isLiked({ feedback }: Suggestion): boolean {
  return feedback === "ACCEPTED" || feedback === "EDITED";
}

function edited({ feedback, editDistance }: Suggestion): string | null {
  if (feedback !== "EDITED") return null;
  return editDistance ? `sent with ${String(editDistance)} characters changed` : "sent after editing";
}

function cost({ costUsd }: Suggestion): string {
  return costUsd === 0 ? "no cost" : `$${costUsd.toFixed(4)}`;
}

function took({ startedAt, finishedAt }: Suggestion): string | null {
  return startedAt && finishedAt ? duration(Date.parse(finishedAt) - Date.parse(startedAt)) : null;
}

interface IconActionProps {
  label: string;
  onClick: () => void;
  pressed?: boolean;
  busy?: boolean;
  children: ReactNode;
}

function IconAction({ label, onClick, pressed, busy, children }: IconActionProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        aria-label={label}
        aria-pressed={pressed}
        data-pressed={pressed || undefined}
        className={classes.iconAction}
        disabled={busy}
        onClick={onClick}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
