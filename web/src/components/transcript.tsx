import { ArrowRight, Headphones, PhoneForwarded, Wrench } from "lucide-react";
import { Fragment, type ReactNode, memo } from "react";
import { agentName } from "~/lib/agents";
import { clock, toolName, turnAnchor } from "~/lib/calls";
import { duration } from "~/lib/time";
import { Marked } from "./marked";
import { type Interaction, type ToolRun, type TranscriptLine, type Turn, linesOf, toolText } from "./transcript-lines";
import classes from "./transcript.module.css";

/** A longer silence before an answer is told in another colour. */
const SLOW_MS = 2_000;

/** Words that are still being spoken. */
export interface Running {
  /** CALLER or AGENT. */
  speaker: string;
  agent: string | null;
  text: string;
}

interface Props {
  turns: Turn[];
  /** The stays with agents: their hand-offs and runs of tools stand between the turns. */
  interactions: Interaction[];
  /** When the call was answered: the times of turns count from there. */
  answeredAt: string | null;
  /** Searched words, marked wherever they are. */
  words?: string | undefined;
  /** The turn that a link led to. */
  current?: number | undefined;
  /** What is being said right now. */
  running?: Running | null | undefined;
  /** Makes the times buttons. */
  onTurn?: ((seq: number) => void) | undefined;
  /** What else stands beside a run of a tool: the ticket that it filed. */
  about?: ((run: ToolRun) => ReactNode) | undefined;
}

/** What was said in a call, as a conversation: who spoke, which agent, hand-offs and tools between, cut sentences as cut. */
export function Transcript({ turns, interactions, answeredAt, words, current, running, onTurn, about }: Props) {
  return (
    <ol className={classes.lines}>
      {linesOf(turns, interactions, answeredAt).map((line) => (
        <Fragment key={line.key}>
          {line.kind === "agent" ? (
            <AgentLine stay={line.stay} />
          ) : line.kind === "tool" ? (
            <ToolLine line={line} about={about} current={current} />
          ) : (
            <TurnLine turn={line.turn} words={words} isCurrent={line.turn.seq === current} onTurn={onTurn} />
          )}
        </Fragment>
      ))}
      {running && running.text !== "" && (
        <li className={classes.turn} data-speaker={running.speaker} data-running>
          <span className={classes.who}>{speakerName(running.speaker, running.agent)}</span>
          <p className={classes.text}>{running.text}</p>
        </li>
      )}
    </ol>
  );
}

/** `Caller`, `Printer`, `Desk` */
export function speakerName(speaker: string, agent: string | null): string {
  if (speaker === "CALLER") return "Caller";
  if (speaker === "AGENT") return agent ? agentName(agent) : "Agent";
  return "Desk";
}

interface TurnProps {
  turn: Turn;
  words: string | undefined;
  isCurrent: boolean;
  onTurn: ((seq: number) => void) | undefined;
}

/** One turn. It is drawn once, however often the words that run below it are. */
const TurnLine = memo(function TurnLine({ turn, words, isCurrent, onTurn }: TurnProps) {
  const at = clock(turn.startedMs);
  return (
    <li
      id={turnAnchor(turn.seq)}
      className={classes.turn}
      data-speaker={turn.speaker}
      data-cut={turn.interrupted || undefined}
      aria-current={isCurrent || undefined}
      tabIndex={-1}
    >
      <div className={classes.head}>
        <span className={classes.who}>{speakerName(turn.speaker, turn.agent)}</span>
        {turn.responseMs !== null && (
          <span className={classes.wait} data-slow={turn.responseMs > SLOW_MS || undefined}>
            answered after {duration(turn.responseMs)}
          </span>
        )}
        {turn.interrupted && <span className={classes.cut}>cut short by the caller</span>}
        {onTurn ? (
          <button type="button" className={classes.at} aria-label={`Link to ${at}`} onClick={() => onTurn(turn.seq)}>
            {at}
          </button>
        ) : (
          <span className={classes.at}>{at}</span>
        )}
      </div>
      <p className={classes.text}>
        <Marked text={turn.text} words={words} />
        {turn.interrupted && <span aria-hidden> —</span>}
      </p>
    </li>
  );
});

/** Which agent has the call from here on. */
function AgentLine({ stay }: { stay: Interaction }) {
  const to = agentName(stay.agent);
  return (
    <li className={classes.agent} title={stay.handoffReason ?? undefined}>
      {stay.handoffFrom ? (
        <span>
          <PhoneForwarded size={13} aria-hidden /> {agentName(stay.handoffFrom)}{" "}
          <ArrowRight size={13} role="img" aria-label="hands over to" /> <b>{to}</b>
        </span>
      ) : (
        <span>
          <Headphones size={13} aria-hidden /> <b>{to}</b> answers
        </span>
      )}
      {stay.handoffReason && <span className={classes.reason}>{stay.handoffReason}</span>}
    </li>
  );
}

const ENDED: Record<string, string> = { ok: "done", refused: "refused", failed: "failed", timeout: "took too long" };

interface ToolProps {
  line: Extract<TranscriptLine, { kind: "tool" }>;
  about: ((run: ToolRun) => ReactNode) | undefined;
  current: number | undefined;
}

/** A run of a tool; what it was asked and what it answered are folded. */
function ToolLine({ line: { run, turn }, about, current }: ToolProps) {
  const told = turn ? toolText(turn) : null;
  const name = run?.name ?? told?.name ?? "";
  return (
    <li
      id={turn ? turnAnchor(turn.seq) : undefined}
      className={classes.tool}
      aria-current={(turn && turn.seq === current) || undefined}
      tabIndex={-1}
    >
      <details>
        <summary>
          <Wrench size={13} aria-hidden />
          <span className={classes.toolName}>{toolName(name)}</span>
          {run && (
            <span className={classes.outcome} data-outcome={run.outcome}>
              {ENDED[run.outcome] ?? run.outcome} · {duration(run.ms)}
            </span>
          )}
          {turn && <span className={classes.at}>{clock(turn.startedMs)}</span>}
        </summary>
        <dl className={classes.parts}>
          {run && !isEmpty(run.arguments) && (
            <>
              <dt>Asked</dt>
              <dd>{JSON.stringify(run.arguments, null, 2)}</dd>
            </>
          )}
          {told && (
            <>
              <dt>Answer</dt>
              <dd>{pretty(told.result)}</dd>
            </>
          )}
          {!told && (!run || isEmpty(run.arguments)) && <dd>Nothing more is kept of it.</dd>}
        </dl>
      </details>
      {run && about?.(run)}
    </li>
  );
}

function isEmpty(value: unknown): boolean {
  return typeof value !== "object" || value === null || Object.keys(value).length === 0;
}

/** JSON with lines and indents; what was cut off for its length stays as it is. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
