import { ActionIcon, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { X } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import { useMayAct } from "~/api/session";
import { Dot } from "~/components/dot";
import { Failure } from "~/components/route-error";
import { useReturnFocus } from "~/lib/return-focus";
import { useShortcuts } from "~/lib/shortcuts";
import { Actions } from "./actions";
import { stateOf } from "./card";
import { Elapsed } from "./elapsed";
import classes from "./live-calls.module.css";
import { LiveTranscript } from "./live-transcript";
import { type CallDetail, callerOf, moodOf, trustOf } from "./looks";
import { Outcome } from "./outcome";
import type { RunningWords } from "./running-words";
import { callQuery } from "./use-live-calls";

interface Props {
  id: string;
  words: RunningWords;
  onClose: () => void;
}

/** One call in full, beside the wall: who it is, every word, and what can be done. */
export function Watch({ id, words, onClose }: Props) {
  useReturnFocus();
  useShortcuts({ Escape: onClose });
  const { data: call, error, refetch } = useQuery(callQuery(id));
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  const name = call ? callerOf(call) : "a caller";
  return (
    <aside className={classes.watch} aria-label={`Call of ${name}`}>
      <header className={classes.watchHead}>
        <h2 ref={heading} tabIndex={-1} className={classes.watchTitle}>
          {call ? name : "Call"}
        </h2>
        {call && <Elapsed since={call.startedAt} until={call.endedAt} />}
        <ActionIcon aria-label="Close the call" onClick={onClose}>
          <X size={16} aria-hidden />
        </ActionIcon>
      </header>
      {call ? (
        <>
          <Facts call={call} />
          <LiveTranscript callId={id} call={call} words={words} />
          {call.endedAt ? <Outcome call={call} /> : <Controls call={call} isWithPerson={isWithPerson(call)} />}
        </>
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <div role="status" aria-label="Loading the call">
          <Skeleton height={120} m={16} />
          <Skeleton height={260} m={16} />
        </div>
      )}
    </aside>
  );
}

/** Whether the caller was put through: no agent hears whispers any more. */
function isWithPerson({ interactions }: CallDetail): boolean {
  return interactions.at(-1)?.outcome === "TRANSFERRED";
}

function Controls({ call, isWithPerson }: { call: CallDetail; isWithPerson: boolean }) {
  const mayAct = useMayAct();
  if (mayAct) return <Actions call={call} isWithPerson={isWithPerson} />;
  return <p className={classes.hint}>You may watch. Agents may whisper, take over and hang up.</p>;
}

function Facts({ call }: { call: CallDetail }) {
  const mood = moodOf(call.sentiment);
  const { organization, contact, device, ticket } = call;
  return (
    <dl className={classes.facts}>
      <Fact name="Organization">
        {organization && (
          <Link to="/organizations/$organization" params={{ organization: organization.id }}>
            {organization.name}
          </Link>
        )}
      </Fact>
      <Fact name="Caller">
        {contact && (
          <Link to="/contacts/$contact" params={{ contact: contact.id }}>
            {contact.name}
          </Link>
        )}
        {call.callerPhone && <span className={classes.phone}>{call.callerPhone}</span>}
      </Fact>
      <Fact name="Device">
        {device && (
          <Link to="/devices/$device" params={{ device: device.id }}>
            {device.name}
          </Link>
        )}
      </Fact>
      <Fact name="Agent">{isWithPerson(call) ? "A person" : stateOf(call)}</Fact>
      <Fact name="Identity">{trustOf(call.verification)}</Fact>
      <Fact name="Mood">{mood && <Dot color={mood.color}>{mood.label}</Dot>}</Fact>
      {ticket && (
        <Fact name="Ticket">
          <Link to="/tickets/$ticket" params={{ ticket: ticket.label }}>
            {ticket.label}
          </Link>{" "}
          {ticket.subject}
        </Fact>
      )}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children || "–"}</dd>
    </div>
  );
}
