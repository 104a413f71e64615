import type { Turn } from "~/components/transcript-lines";
import { agentName } from "~/lib/agents";
import { clock } from "~/lib/calls";
import classes from "./calls.module.css";
import type { Stay } from "./figures";

interface Props {
  stays: Stay[];
  turns: Turn[];
  /** How long the call lasted, in milliseconds. */
  length: number;
  onTurn: (seq: number) => void;
}

/** Which agent had the call when, and where the caller cut it short. */
export function TimeLine({ stays, turns, length, onTurn }: Props) {
  const cuts = turns.filter(({ interrupted }) => interrupted);
  const firstOf = (stay: Stay) => turns.find(({ startedMs }) => startedMs >= stay.fromMs)?.seq;
  return (
    <section className={classes.timeLine} aria-label="Time line">
      <ol className={classes.stays}>
        {stays.map((stay) => {
          const seq = firstOf(stay);
          const text = `${agentName(stay.agent)}, ${clock(stay.fromMs)} to ${clock(stay.toMs)}, ${String(stay.turns)} turns`;
          return (
            <li
              key={stay.id}
              className={classes.stay}
              style={{ "--share": String(Math.max(0.02, (stay.toMs - stay.fromMs) / length)) } as React.CSSProperties}
            >
              <button
                type="button"
                title={text}
                aria-label={text}
                disabled={seq === undefined}
                onClick={() => seq !== undefined && onTurn(seq)}
              >
                {agentName(stay.agent)}
              </button>
            </li>
          );
        })}
      </ol>
      {cuts.length > 0 && (
        <ol className={classes.cuts} aria-label="Where the caller cut in">
          {cuts.map((turn) => (
            <li
              key={turn.id}
              style={{ "--at": String(Math.min(1, turn.endedMs / length)) } as React.CSSProperties}
              title={`Cut short at ${clock(turn.endedMs)}`}
            >
              <span className={classes.hidden}>Cut short at {clock(turn.endedMs)}</span>
            </li>
          ))}
        </ol>
      )}
      <div className={classes.scale} aria-hidden>
        <span>0:00</span>
        <span>{clock(length)}</span>
      </div>
    </section>
  );
}
