import { PenLine, TriangleAlert } from "lucide-react";
import { useState } from "react";
import type { TicketDetail } from "~/api/client";
import { useUser } from "~/api/session";
import { useOthers } from "~/live/presence";
import classes from "./composer.module.css";

interface Props {
  ticket: TicketDetail;
  /** Whether something is written here. */
  writing: boolean;
}

/** Warns before two people answer the same ticket: when somebody else is typing, and when somebody has just answered. */
export function Collision({ ticket, writing }: Props) {
  const userId = useUser()?.id;
  const typing = useOthers(ticket.id).filter(({ isTyping }) => isTyping);
  const newest = ticket.messages.findLast(({ authorType, isInternal }) => authorType === "AGENT" && !isInternal);
  // What was the newest answer when the writing began.
  const [began, setBegan] = useState<{ writing: boolean; newest: string | undefined }>({
    writing: false,
    newest: undefined,
  });
  if (began.writing !== writing) setBegan({ writing, newest: newest?.id });
  const answered = began.writing && newest && newest.id !== began.newest && newest.author?.id !== userId;
  if (typing.length === 0 && !answered) return null;
  return (
    <div className={classes.collision} role="status">
      {answered && (
        <p>
          <TriangleAlert size={14} aria-hidden /> {newest.author?.name ?? "Somebody"} answered while you were writing.
          Read it before you send.
        </p>
      )}
      {typing.length > 0 && (
        <p>
          <PenLine size={14} aria-hidden /> {list(typing.map(({ name }) => name))} {typing.length === 1 ? "is" : "are"}{" "}
          writing an answer right now.
        </p>
      )}
    </div>
  );
}

function list(names: string[]): string {
  return new Intl.ListFormat("en").format(names);
}
