import { Button, Skeleton, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Mic, MicOff, PhoneOff } from "lucide-react";
import { useState } from "react";
import { Dot } from "~/components/dot";
import { useStore } from "~/lib/store";
import type { AudioCall } from "./audio-call";
import classes from "./call-now.module.css";
import type { Placed } from "./call-now";
import { Keypad } from "./keypad";
import { LiveTranscript } from "./live-transcript";
import { Outcome } from "./outcome";
import type { CallState } from "./stream";
import type { TextCall } from "./text-call";
import { TextTranscript } from "./text-transcript";
import { callQuery, useOneCall } from "./use-live-calls";

/** Characters of one utterance. */
const LONGEST = 2_000;
/** How often the call is asked for until what became of it is known, and how often at most. */
const ASK_MS = 1_000;
const ASKS_MAX = 60;

const WORDS = {
  connecting: ["var(--desk-wait)", "Connecting…"],
  open: ["var(--desk-good)", "Connected"],
  over: ["var(--desk-third)", "Over"],
} as const;

/** A call while it lasts, and what became of it. */
export function Talk({ placed, onAgain }: { placed: Placed; onAgain: () => void }) {
  const { id, call } = placed;
  const state = useStore<CallState>(call.state);
  const [color, words] = WORDS[state];
  const isOver = state === "over";
  return (
    <div className={classes.talk}>
      <div className={classes.bar}>
        <span role="status">
          <Dot color={color}>{words}</Dot>
        </span>
        {placed.mode === "audio" && !isOver && <Mute call={placed.call} />}
        {!isOver && (
          <Button
            variant="default"
            c="var(--mantine-color-error)"
            leftSection={<PhoneOff size={14} aria-hidden />}
            onClick={call.hangUp}
          >
            Hang up
          </Button>
        )}
      </div>
      <div className={classes.columns}>
        <div className={classes.frame}>
          {placed.mode === "text" ? <TextTranscript call={placed.call} /> : <Spoken id={id} />}
          {placed.mode === "text" && !isOver && <Say call={placed.call} />}
        </div>
        {!isOver && <Keypad onPress={call.press} />}
      </div>
      {isOver && <After id={id} onAgain={onAgain} />}
    </div>
  );
}

function Mute({ call }: { call: AudioCall }) {
  const muted = useStore(call.muted);
  return (
    <Button
      variant="default"
      aria-pressed={muted}
      leftSection={muted ? <MicOff size={14} aria-hidden /> : <Mic size={14} aria-hidden />}
      onClick={() => call.mute(!muted)}
    >
      {muted ? "Muted" : "Mute"}
    </Button>
  );
}

function Say({ call }: { call: TextCall }) {
  const [text, setText] = useState("");
  return (
    <form
      className={classes.say}
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() === "") return;
        call.say(text.trim());
        setText("");
      }}
    >
      <TextInput
        autoFocus
        size="sm"
        aria-label="What you say"
        placeholder="Say something…"
        autoComplete="off"
        value={text}
        maxLength={LONGEST}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Button type="submit" size="sm" disabled={text.trim() === ""}>
        Say
      </Button>
    </form>
  );
}

/** What is heard and said over the microphone, as the desk writes it down. */
function Spoken({ id }: { id: string }) {
  const words = useOneCall(id);
  const { data } = useQuery(callQuery(id));
  return <LiveTranscript callId={id} call={data} words={words} />;
}

/** Its page and its ticket. The summary comes moments after the end. */
function After({ id, onAgain }: { id: string; onAgain: () => void }) {
  const { data } = useQuery({
    ...callQuery(id),
    refetchInterval: ({ state }) => {
      const isKnown = state.data?.endedAt && state.data.summary !== null;
      return isKnown || state.dataUpdateCount > ASKS_MAX ? false : ASK_MS;
    },
    refetchOnMount: "always",
  });
  return (
    <div className={classes.after}>
      {data?.endedAt ? <Outcome call={data} /> : <Skeleton height={90} aria-label="Loading what became of it" />}
      <Button variant="default" onClick={onAgain}>
        Another call
      </Button>
    </div>
  );
}
