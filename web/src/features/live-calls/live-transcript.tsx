import { Transcript } from "~/components/transcript";
import classes from "./live-calls.module.css";
import type { CallDetail } from "./looks";
import { type RunningWords, useRunning } from "./running-words";

const NOTHING: never[] = [];

/** What was said in a call so far, word by word as it comes. The newest stays in sight unless somebody scrolls back. */
export function LiveTranscript({
  callId,
  call,
  words,
}: {
  callId: string;
  call: CallDetail | undefined;
  words: RunningWords;
}) {
  const turns = call?.turns ?? NOTHING;
  const running = useRunning(words, callId, turns.at(-1)?.seq ?? 0);
  return (
    <div className={classes.scroll} role="region" aria-label="Transcript" tabIndex={0}>
      <div className={classes.transcript}>
        <Transcript
          turns={turns}
          interactions={call?.interactions ?? NOTHING}
          answeredAt={call?.answeredAt ?? null}
          running={running}
        />
      </div>
    </div>
  );
}
