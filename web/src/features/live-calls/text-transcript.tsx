import { useStore } from "~/lib/store";
import classes from "./live-calls.module.css";
import type { TextCall } from "./text-call";

const NAMES = { you: "You", agent: "Agent", keys: "Keys" } as const;

/** What was said in a call by text, piece by piece as it comes. */
export function TextTranscript({ call }: { call: TextCall }) {
  const said = useStore(call.said);
  return (
    <div className={classes.scroll} role="region" aria-label="Transcript" tabIndex={0}>
      <ol className={classes.typed}>
        {said.map(({ who, text, isOpen }, index) => (
          <li
            key={index}
            className={classes.turn}
            data-speaker={who === "agent" ? "AGENT" : "CALLER"}
            data-running={isOpen || undefined}
          >
            <b>{NAMES[who]}</b> {text}
          </li>
        ))}
      </ol>
    </div>
  );
}
