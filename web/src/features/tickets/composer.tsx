import { ActionIcon, Button, FileButton, SegmentedControl, Textarea } from "@mantine/core";
import { Paperclip, Sparkles, X, Zap } from "lucide-react";
import { Suspense, lazy, useEffect, useEffectEvent, useRef, useState } from "react";
import type { TicketDetail } from "~/api/client";
import { useUser } from "~/api/session";
import { type Draft, useDraft } from "~/lib/drafts";
import { usePresence } from "~/live/presence";
import { Collision } from "./collision";
import classes from "./composer.module.css";
import { useComposerWish } from "./composer-wish";
import { FileTray } from "./file-tray";
import { ACCEPT, type Files } from "./files";
import { useSend } from "./use-send";

const MacroDialog = lazy(async () => ({ default: (await import("./macro-dialog")).MacroDialog }));

/** Characters that the server takes. */
const LONGEST = 10_000;
/** Somebody who has not typed for so long has stopped. */
const TYPING_MS = 6_000;

interface Props {
  ticket: TicketDetail;
  files: Files;
  /** A draft of the copilot came in: the composer should be in sight. */
  onInsert?: () => void;
}

/** Writes replies and internal notes. What is written stays with the ticket until it is sent. */
export function Composer({ ticket, files, onInsert }: Props) {
  const userId = useUser()?.id ?? "";
  const { draft, change, clear } = useDraft(userId, ticket.id);
  const field = useRef<HTMLTextAreaElement>(null);
  const { send, sending, problem } = useSend(ticket, files, clear);
  const { typing, typed } = useTyping();
  usePresence(ticket.id, typing);
  const [macros, setMacros] = useState(false);
  useComposerWish(ticket.id, (mode) => {
    onInsert?.();
    if (mode === "macro") return setMacros(true);
    change({ internal: mode === "note" });
    field.current?.focus();
  });
  useOnInserted(draft, () => {
    onInsert?.();
    field.current?.focus();
  });

  const body = draft.body.trim();
  const tooLong = body.length > LONGEST;
  const waiting = files.files.some(({ state }) => state === "waiting");
  const ready = (body !== "" || waiting || draft.macro !== null) && !tooLong && !sending;
  const submit = () => {
    if (ready) void send({ ...draft, body });
  };
  const add = draft.internal ? "Add note" : "Send reply";
  return (
    <form
      className={classes.composer}
      data-internal={draft.internal || undefined}
      aria-label={draft.internal ? "Internal note" : "Reply"}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Collision ticket={ticket} writing={body !== ""} />
      <div className={classes.top}>
        <SegmentedControl
          size="xs"
          aria-label="Kind of message"
          value={draft.internal ? "note" : "reply"}
          onChange={(value) => change({ internal: value === "note" })}
          data={[
            { value: "reply", label: "Public reply" },
            { value: "note", label: "Internal note" },
          ]}
        />
        <span className={classes.to}>
          {draft.internal ? "Only your team sees this" : `To ${ticket.contact?.name ?? "nobody yet"}`}
        </span>
      </div>
      <Textarea
        ref={field}
        variant="unstyled"
        classNames={{ input: classes.field }}
        autosize
        minRows={2}
        maxRows={12}
        aria-label={draft.internal ? "Text of the note" : "Text of the reply"}
        placeholder={draft.internal ? "Write a note for your team…  N" : "Write a reply…  R"}
        value={draft.body}
        error={tooLong ? `At most ${LONGEST.toLocaleString("en")} characters` : problem?.byField().body}
        onChange={(event) => {
          typed();
          change({ body: event.currentTarget.value });
        }}
        onPaste={(event) => {
          if (event.clipboardData.files.length === 0) return;
          event.preventDefault();
          files.add(named(event.clipboardData.files));
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape") return event.currentTarget.blur();
          if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          submit();
        }}
      />
      <FileTray files={files} />
      <div className={classes.bottom}>
        <span className={classes.tools}>
          <FileButton multiple accept={ACCEPT} onChange={(chosen) => files.add(chosen)}>
            {(button) => (
              <ActionIcon {...button} aria-label="Attach files" title="Attach files">
                <Paperclip size={15} aria-hidden />
              </ActionIcon>
            )}
          </FileButton>
          <ActionIcon aria-label="Use a macro" title="Use a macro  M" onClick={() => setMacros(true)}>
            <Zap size={15} aria-hidden />
          </ActionIcon>
          <Hint draft={draft} body={body} onDropMacro={() => change({ macro: null })} />
        </span>
        <Button type="submit" className={classes.send} disabled={!ready} loading={sending} title="Ctrl+Enter">
          {body === "" && draft.macro ? "Apply macro" : body === "" && waiting ? "Attach" : add}
        </Button>
      </div>
      <Suspense>{macros && <MacroDialog ticket={ticket} onClose={() => setMacros(false)} />}</Suspense>
    </form>
  );
}

function Hint({ draft, body, onDropMacro }: { draft: Draft; body: string; onDropMacro: () => void }) {
  if (draft.macro) {
    const does = draft.macro.does.length > 0 ? ` · ${draft.macro.does.join(", ")}` : "";
    return (
      <span className={classes.ai}>
        <Zap size={13} aria-hidden /> {`Macro “${draft.macro.name}”${does}`}
        <ActionIcon size={24} aria-label="Send without the macro" onClick={onDropMacro}>
          <X size={13} aria-hidden />
        </ActionIcon>
      </span>
    );
  }
  if (draft.source && body !== "" && !draft.internal) {
    return (
      <span className={classes.ai}>
        <Sparkles size={13} aria-hidden /> AI draft, review before sending
      </span>
    );
  }
  return (
    <span className={classes.hint}>
      {draft.internal ? "Kept on the ticket." : "Kept on the ticket; Patchcord sends no e-mail itself."}
    </span>
  );
}

/** Whether somebody is typing right now. */
function useTyping() {
  const [typing, setTyping] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return {
    typing,
    typed: () => {
      setTyping(true);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setTyping(false), TYPING_MS);
    },
  };
}

/** Pictures from the clipboard are all called the same; a time of day tells them apart. */
function named(files: FileList): File[] {
  const at = new Date().toISOString().slice(11, 19).replaceAll(":", "-");
  return [...files].map((file) =>
    file.name === "image.png" ? new File([file], `pasted-${at}.png`, { type: file.type }) : file,
  );
}

/** Calls back when a draft of the copilot was put in. */
function useOnInserted({ source }: Draft, callback: () => void): void {
  const inserted = useEffectEvent(callback);
  const last = useRef(source);
  useEffect(() => {
    if (source && source !== last.current) inserted();
    last.current = source;
  }, [source]);
}
