import { Button, TextInput } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { type Suggestion, api } from "~/api/client";
import { useKeptText } from "~/lib/kept-text";
import { usePartial } from "~/live/partials";
import { ChatAnswer, isPending, newest } from "./content";
import classes from "./copilot.module.css";
import { ResultCard } from "./result-card";
import type { Ask } from "./use-runs";

/** Characters that the server takes. */
const LONGEST = 1_000;

interface Props {
  ticketId: string;
  runs: Suggestion[];
  /** Whoever may not ask cannot write a question either. */
  disabled: boolean;
  /** Whether a question would be taken now. It can be written before. */
  ready: boolean;
  busy: boolean;
  onAsk: (ask: Ask, onTaken: () => void) => void;
}

/** Questions about the ticket, and what the copilot answered. Everybody has a conversation of their own. */
export function Chat({ ticketId, runs, disabled, ready, busy, onAsk }: Props) {
  const params = { path: { ticketId } };
  const conversation = api.useQuery("get", "/api/copilot/v1/conversation/{ticketId}", { params });
  const [question, setQuestion] = useKeptText(`question.${ticketId}`);
  const [asked, setAsked] = useState<{ text: string; after: string | undefined } | null>(null);
  const said = conversation.data?.data.messages ?? [];
  const lastAt = said.at(-1)?.at;
  // The question is shown at once, until the conversation has it together with its answer.
  const waiting = asked && asked.after === lastAt ? asked.text : null;
  const latest = runs.find(({ kind }) => kind === "chat");
  const running = latest && isPending(latest) ? latest : null;
  const partial = usePartial(running?.id ?? "");
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    if (asked) list.current?.lastElementChild?.scrollIntoView({ block: "nearest" });
  }, [asked, lastAt]);
  const answer = newest(runs, "chat", ChatAnswer);

  const submit = () => {
    const message = question.trim();
    if (message === "" || busy || disabled || !ready) return;
    onAsk({ kind: "chat", message }, () => {
      setAsked({ text: message, after: lastAt });
      setQuestion("");
    });
  };
  const lines = (
    <ol ref={list} className={classes.chat}>
      {said.map((line, index) => (
        <Line key={index} role={line.role} text={line.content} />
      ))}
      {waiting && <Line role="user" text={waiting} />}
      {waiting && latest?.state === "error" && (
        <Line role="assistant" text={`Not answered: ${latest.error ?? "it failed"}`} />
      )}
      {running && partial !== "" && <Line role="assistant" text={partial} provisional />}
    </ol>
  );
  return (
    <>
      {answer && said.length > 0 ? (
        <ResultCard
          title="Conversation"
          run={answer.run}
          text={answer.content.answer}
          citations={answer.content.citations}
        >
          {lines}
        </ResultCard>
      ) : (
        (said.length > 0 || waiting) && <section className={classes.card}>{lines}</section>
      )}
      <form
        className={classes.ask}
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <TextInput
          size="xs"
          aria-label="Question to the copilot"
          placeholder="Ask copilot…"
          value={question}
          maxLength={LONGEST}
          disabled={disabled}
          onChange={(event) => setQuestion(event.currentTarget.value)}
        />
        <Button type="submit" disabled={disabled || !ready || question.trim() === ""} loading={busy}>
          Ask
        </Button>
      </form>
    </>
  );
}

interface LineProps {
  role: string;
  text: string;
  /** Whether it is still being written. */
  provisional?: boolean;
}

function Line({ role, text, provisional = false }: LineProps) {
  return (
    <li className={classes.said} data-role={role}>
      <span className={classes.sayer}>{role === "user" ? "You" : "Copilot"}</span>
      <p className={provisional ? classes.provisional : classes.text}>{text}</p>
      {provisional && <span className={classes.hint}>Provisional, still being written</span>}
    </li>
  );
}
