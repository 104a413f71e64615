import { ActionIcon, Tooltip } from "@mantine/core";
import { Braces, Copy, ThumbsDown, ThumbsUp } from "lucide-react";
import { type ReactNode, useId } from "react";
import { type Suggestion, api } from "~/api/client";
import { suggestionsQuery } from "~/api/queries";
import { Age } from "~/components/time";
import { showDone, showProblem } from "~/components/toast";
import { copy } from "~/lib/clipboard";
import { duration } from "~/lib/time";
import { useQueryClient } from "@tanstack/react-query";
import { useResultContext } from "./context";
import classes from "./copilot.module.css";

interface Props {
  title: string;
  run: Suggestion;
  /** The result as plain text. */
  text: string;
  citations?: string[] | null;
  children: ReactNode;
}

/** Around every result: how to take it along, who made it, and what one thinks of it. */
export function ResultCard({ title, run, text, citations, children }: Props) {
  const heading = useId();
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

function Citations({ ids }: { ids: string[] }) {
  const { sources } = useResultContext();
  if (ids.length === 0) return null;
  return (
    <ul className={classes.citations} aria-label="Sources">
      {ids.map((id, index) => {
        const source = sources.get(id);
        return (
          <li key={id}>
            <sup>{index + 1}</sup>{" "}
            {source ? (
              <button type="button" className={classes.citation} onClick={source.open}>
                {source.label}
              </button>
            ) : (
              <span title={id}>Knowledge base</span>
            )}
          </li>
        );
      })}
    </ul>
  );
}

/** Model, cost and time, and the two thumbs. */
export function Origin({ run }: { run: Suggestion }) {
  const { mayAct } = useResultContext();
  const queries = useQueryClient();
  const judge = api.useMutation("post", "/api/copilot/v1/feedback/{id}", {
    onSettled: () => queries.invalidateQueries({ queryKey: suggestionsQuery(run.ticketId).queryKey }),
    onError: (error) => showProblem("Your feedback was not recorded", error),
  });
  const tell = (verdict: string) => judge.mutate({ params: { path: { id: run.id } }, body: { verdict } });
  const facts = [run.model, cost(run), took(run)].filter(Boolean);
  return (
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
            onClick={() => tell("rejected")}
            busy={judge.isPending}
          >
            <ThumbsDown size={14} aria-hidden />
          </IconAction>
        </span>
      )}
    </footer>
  );
}

function isLiked({ feedback }: Suggestion): boolean {
  return feedback === "ACCEPTED" || feedback === "EDITED";
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
