import { Skeleton } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { Dot } from "~/components/dot";
import { type Pane, RecordComing, RecordHeader, RecordPage } from "~/components/record-page";
import frame from "~/components/record-page.module.css";
import { Age } from "~/components/time";
import { type Running, Transcript } from "~/components/transcript";
import { agentName } from "~/lib/agents";
import { CALL_STATUSES, OUTCOMES, callerOf, clock, colorOf, isLive, labelOf, turnAnchor } from "~/lib/calls";
import { paused } from "~/lib/paused";
import { useCallEvents } from "~/live/call-events";
import classes from "./calls.module.css";
import { Downloads } from "./downloads";
import { CallFacts } from "./facts";
import { lengthOf, staysOf, turnOfTicket } from "./figures";
import { TimeLine } from "./time-line";
import { type CallDetail, callQuery, callList, lineOf } from "./use-call-list";

/** While a call lasts it is loaded again at most this often. */
const PAUSE_MS = 1_000;
/** So long after its end, summary and analysis may still come. */
const WRAP_UP_MS = 15 * 60_000;

/** A turn of a call, or the one in which its ticket was filed. */
export type WantedTurn = number | "ticket";

interface Props {
  id: string;
  /** The turn that a link leads to. */
  turn: WantedTurn | undefined;
  /** Searched words. */
  words: string | undefined;
  onTurn: (turn: WantedTurn) => void;
}

/** A call: what was said, and beside it what is known of it. One that still goes on grows. */
export function CallPage({ id, ...props }: Props) {
  const { data, error, refetch } = useQuery(callQuery(id));
  const queries = useQueryClient();
  useEffect(() => {
    if (data) callList.update(queries, [lineOf(data)]);
  }, [data, queries]);
  if (!data) {
    return (
      <RecordComing label="Call" error={error} onRetry={() => void refetch()}>
        <Placeholder />
      </RecordComing>
    );
  }
  return <Loaded call={data} {...props} />;
}

function Loaded({ call, turn, words, onTurn }: Omit<Props, "id"> & { call: CallDetail }) {
  // On narrow screens only one of the two is shown.
  const [pane, setPane] = useState<Pane>("talk");
  const running = useGrowing(call);
  const length = lengthOf(call.turns, call.durationSeconds);
  const current = turn === "ticket" ? turnOfTicket(call.turns, call.ticket?.label) : turn;
  const scroll = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const wanted = current === undefined ? scroll.current?.querySelector("mark") : anchor(current);
    wanted?.scrollIntoView({ block: "center" });
    if (wanted instanceof HTMLElement && current !== undefined) wanted.focus({ preventScroll: true });
  }, [current, words]);
  return (
    <RecordPage
      label={`Call of ${callerOf(call)}`}
      switchLabel="Part of the call"
      names={{ talk: "Transcript", side: "About the call" }}
      pane={pane}
      onPane={setPane}
      header={<Header call={call} />}
      side={<CallFacts call={call} />}
      sideLabel="About the call"
    >
      <div className={frame.talk}>
        {call.interactions.length > 0 && (
          <TimeLine
            stays={staysOf(call.interactions, call.answeredAt, length)}
            turns={call.turns}
            length={length}
            onTurn={onTurn}
          />
        )}
        <div
          ref={scroll}
          className={classes.scroll}
          data-live={isLive(call) || undefined}
          role="region"
          aria-label="Transcript"
          tabIndex={0}
        >
          <div className={classes.lines}>
            <Said call={call} />
            <Transcript
              turns={call.turns}
              interactions={call.interactions}
              answeredAt={call.answeredAt}
              words={words}
              current={current}
              running={running}
              onTurn={onTurn}
              about={({ name }) =>
                name === "create_ticket" &&
                call.ticket && (
                  <Link className={classes.toTicket} to="/tickets/$ticket" params={{ ticket: call.ticket.label }}>
                    {call.ticket.label}
                  </Link>
                )
              }
            />
          </div>
        </div>
      </div>
    </RecordPage>
  );
}

/** Instead of words, why there are none. */
function Said({ call }: { call: CallDetail }) {
  if (call.isErased) return <p className={classes.none}>What was said in this call is erased.</p>;
  if (call.turns.length > 0) return null;
  return (
    <p className={classes.none}>{isLive(call) ? "Nobody has said anything yet." : "Nothing was said in this call."}</p>
  );
}

function anchor(seq: number): HTMLElement | null {
  return document.getElementById(turnAnchor(seq));
}

/** Loads the call again when something of it changes, and tells what is being said. */
function useGrowing(call: CallDetail): Running | null {
  const queries = useQueryClient();
  const [running, setRunning] = useState<Running | null>(null);
  const soon = useRef<ReturnType<typeof paused>>(undefined);
  const { id } = call;
  useEffect(() => {
    const loads = paused(() => void queries.invalidateQueries({ queryKey: callQuery(id).queryKey }), PAUSE_MS);
    soon.current = loads;
    return () => loads.cancel();
  }, [id, queries]);
  const [opened] = useState(() => Date.now());
  const isYoung = call.endedAt !== null && !call.analysis && opened - Date.parse(call.endedAt) < WRAP_UP_MS;
  useCallEvents(isLive(call) || isYoung ? `calls:${id}` : null, {
    onEvent: (event) => {
      if (event?.type !== "call.updated") setRunning(null);
      soon.current?.call();
    },
    onWords: ({ speaker, agent, text }) => setRunning({ speaker, agent, text }),
  });
  return isLive(call) ? running : null;
}

function Header({ call }: { call: CallDetail }) {
  const live = isLive(call);
  return (
    <RecordHeader
      list="/calls"
      title={
        <>
          {callerOf(call)}
          {call.organization && <span className={classes.dim}> · {call.organization.name}</span>}
        </>
      }
    >
      <Dot color={colorOf(CALL_STATUSES, call.status)}>{labelOf(CALL_STATUSES, call.status)}</Dot>
      {!live && <Dot color={colorOf(OUTCOMES, call.aiResolution)}>{labelOf(OUTCOMES, call.aiResolution)}</Dot>}
      <span className={classes.dim}>
        <Age at={call.startedAt} />
      </span>
      {call.durationSeconds !== null && <span className={classes.dim}>{clock(call.durationSeconds * 1_000)}</span>}
      {live && call.currentAgent && <span className={classes.dim}>with {agentName(call.currentAgent)}</span>}
      <span className={classes.actions}>
        {call.ticket && (
          <Link className={classes.button} to="/tickets/$ticket" params={{ ticket: call.ticket.label }}>
            {call.ticket.label}
          </Link>
        )}
        <Downloads call={call} />
      </span>
    </RecordHeader>
  );
}

function Placeholder() {
  return (
    <div className={classes.placeholder} role="status" aria-label="Loading the call">
      <Skeleton height={12} width={180} />
      <Skeleton height={16} width="55%" />
      <Skeleton height={28} radius="md" mt={16} />
      <Skeleton height={56} radius="lg" />
      <Skeleton height={72} radius="lg" />
      <Skeleton height={56} radius="lg" />
    </div>
  );
}
