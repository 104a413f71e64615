import { UnstyledButton } from "@mantine/core";
import { MonitorSmartphone } from "lucide-react";
import { memo } from "react";
import { Dot } from "~/components/dot";
import { speakerName } from "~/components/transcript";
import { agentName } from "~/lib/agents";
import { Elapsed } from "./elapsed";
import classes from "./live-calls.module.css";
import { type LiveCall, callerOf, moodOf, tail, trustOf } from "./looks";
import { type RunningWords, useRunning } from "./running-words";

/** Characters of one utterance on a card. */
const SHOWN = 220;
/** Utterances on a card, beside the words that run. */
const TURNS = 3;

interface Props {
  call: LiveCall;
  words: RunningWords;
  isWatched: boolean;
  onWatch: (id: string) => void;
}

/** One call on the wall. It is drawn again when its own row changes; the words that run draw themselves alone. */
export const Card = memo(function Card({ call, words, isWatched, onWatch }: Props) {
  const name = callerOf(call);
  const mood = moodOf(call.sentiment);
  return (
    <li className={classes.card} data-watched={isWatched || undefined}>
      <header className={classes.cardHead}>
        <h2 className={classes.who}>
          <UnstyledButton
            className={classes.open}
            aria-pressed={isWatched}
            aria-label={`Watch the call of ${name}`}
            onClick={() => onWatch(call.id)}
          >
            {name}
          </UnstyledButton>
        </h2>
        <span className={classes.number}>{numberOf(call, name)}</span>
        <span className={classes.time}>
          <Elapsed since={call.startedAt} until={null} />
        </span>
      </header>
      <div className={classes.words}>
        {call.turns.slice(-TURNS).map(({ id, speaker, agent, text }) => (
          <Said key={id} speaker={speaker} agent={agent} text={text} />
        ))}
        <Now words={words} call={call} />
      </div>
      <footer className={classes.cardFoot}>
        <span className={classes.agent}>{stateOf(call)}</span>
        <span>{trustOf(call.verification)}</span>
        {mood && <Dot color={mood.color}>{mood.label}</Dot>}
        {call.device && (
          <span className={classes.device}>
            <MonitorSmartphone size={12} aria-hidden /> {call.device.name}
          </span>
        )}
      </footer>
    </li>
  );
});

/** The person, where the organization has the first place; else the number. */
function numberOf({ contact, callerPhone, organization }: LiveCall, name: string): string {
  const rest = organization && contact ? contact.name : (callerPhone ?? "");
  return rest === name ? "" : rest;
}

/** Who has the call. */
export function stateOf({ status, currentAgent }: Pick<LiveCall, "status" | "currentAgent">): string {
  if (status === "RINGING") return "Ringing";
  if (status === "INTERRUPTED") return "Interrupted";
  return currentAgent ? agentName(currentAgent) : "–";
}

function Now({ words, call }: { words: RunningWords; call: LiveCall }) {
  const running = useRunning(words, call.id, call.turnCount);
  return running && <Said speaker={running.speaker} agent={running.agent} text={running.text} isRunning />;
}

interface SaidProps {
  speaker: string;
  agent: string | null;
  text: string;
  isRunning?: boolean;
}

function Said({ speaker, agent, text, isRunning = false }: SaidProps) {
  return (
    <p className={classes.said} data-speaker={speaker} data-running={isRunning || undefined}>
      <b>{speakerName(speaker, agent)}</b> {tail(text, SHOWN)}
    </p>
  );
}
