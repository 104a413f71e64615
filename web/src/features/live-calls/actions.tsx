import { Button, Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { PhoneForwarded, PhoneOff } from "lucide-react";
import { useState } from "react";
import { Problem } from "~/api/problem";
import { useSending } from "~/api/sending";
import { Confirm } from "~/components/confirm";
import { Refusal } from "~/components/refusal";
import { showDone, showProblem } from "~/components/toast";
import classes from "./live-calls.module.css";
import { type CallDetail, callerOf } from "./looks";
import { TakeOver } from "./take-over";
import { callQuery } from "./use-live-calls";

/** Characters that the server takes. */
const LONGEST = 1_000;

/** What an agent may do with a call while it lasts. */
export function Actions({ call, isWithPerson }: { call: CallDetail; isWithPerson: boolean }) {
  const [dialog, setDialog] = useState<"take over" | "hang up" | null>(null);
  const close = () => setDialog(null);
  const isFromPage = call.provider === "BROWSER";
  return (
    <div className={classes.actions}>
      {isWithPerson ? (
        <p className={classes.hint}>The caller was put through to a person. Agents hear nothing of it any more.</p>
      ) : (
        <Whisper id={call.id} />
      )}
      <div className={classes.buttons}>
        {!isFromPage && !isWithPerson && (
          <Button
            variant="default"
            leftSection={<PhoneForwarded size={14} aria-hidden />}
            onClick={() => setDialog("take over")}
          >
            Take over
          </Button>
        )}
        <Button
          variant="default"
          leftSection={<PhoneOff size={14} aria-hidden />}
          c="var(--mantine-color-error)"
          onClick={() => setDialog("hang up")}
        >
          Hang up
        </Button>
      </div>
      {isFromPage && <p className={classes.hint}>A call from the page cannot be put through to a telephone.</p>}
      {dialog === "take over" && <TakeOver call={call} onClose={close} />}
      <HangUp call={call} opened={dialog === "hang up"} onClose={close} />
    </div>
  );
}

function Whisper({ id }: { id: string }) {
  const [text, setText] = useState("");
  const whisper = useSending("post", "/api/calls/{id}/whisper", {
    onSuccess: () => {
      setText("");
      showDone("Whispered: the agent hears it within moments");
    },
  });
  const submit = () => {
    if (text.trim() === "") return;
    whisper.mutate({ params: { path: { id } }, body: { text: text.trim() } });
  };
  return (
    <form
      className={classes.whisper}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Textarea
        label="Whisper to the agent"
        description="The caller does not hear it."
        size="sm"
        autosize
        minRows={1}
        maxRows={4}
        maxLength={LONGEST}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
          event.preventDefault();
          submit();
        }}
      />
      <Button type="submit" variant="default" disabled={text.trim() === ""} loading={whisper.isPending}>
        Whisper
      </Button>
      <div className={classes.refusal}>
        <Refusal problem={whisper.error ? Problem.of(whisper.error) : null} />
      </div>
    </form>
  );
}

function HangUp({ call, opened, onClose }: { call: CallDetail; opened: boolean; onClose: () => void }) {
  const queries = useQueryClient();
  const hangUp = useSending("post", "/api/calls/{id}/hangup", {
    onSuccess: () => showDone("The call ends within moments"),
    onError: (error) => showProblem("The call was not ended", error),
    onSettled: () => {
      onClose();
      void queries.invalidateQueries(callQuery(call.id));
    },
  });
  return (
    <Confirm
      opened={opened}
      title="Hang up?"
      action="Hang up"
      busy={hangUp.isPending}
      onClose={onClose}
      onConfirm={() => hangUp.mutate({ params: { path: { id: call.id } }, body: {} })}
    >
      The call of {callerOf(call)} ends in the middle of what is being said. The caller is not told why.
    </Confirm>
  );
}
