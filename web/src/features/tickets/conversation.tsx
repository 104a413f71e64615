import { useSearch } from "@tanstack/react-router";
import { Lock, Paperclip, Sparkles } from "lucide-react";
import { type Message, type TicketDetail, api } from "~/api/client";
import { useUser } from "~/api/session";
import { Marked } from "~/components/marked";
import { Age } from "~/components/time";
import { messageAnchor } from "~/lib/anchors";
import { initials } from "~/lib/text";
import { AttachmentButton } from "./attachment";
import { type TicketEvent, wordsOf } from "./event-words";
import classes from "./ticket.module.css";
import { timeLine } from "./timeline";
import { useNames } from "./use-names";

const NO_EVENTS: TicketEvent[] = [];

/** Messages, notes and events in one time line, the newest at the bottom and in sight. */
export function Conversation({ ticket }: { ticket: TicketDetail }) {
  const { q } = useSearch({ strict: false });
  const params = { path: { id: ticket.id } };
  // The messages do not wait for what happened between them.
  const events = api.useQuery("get", "/api/tickets/{id}/events", { params }).data?.items ?? NO_EVENTS;
  const loose = ticket.attachments.filter((file) => !file.messageId);
  return (
    <div className={classes.scroll} role="region" aria-label="Conversation" tabIndex={0}>
      <ol className={classes.messages}>
        {ticket.messagesOmitted > 0 && (
          <li className={classes.omitted}>{ticket.messagesOmitted} older messages are not shown</li>
        )}
        {timeLine(ticket.messages, events).map((entry) =>
          "message" in entry ? (
            <MessageItem
              key={entry.message.id}
              message={entry.message}
              words={q}
              files={ticket.attachments.filter((file) => file.messageId === entry.message.id)}
            />
          ) : (
            <EventItem key={entry.event.id} event={entry.event} />
          ),
        )}
        {loose.length > 0 && (
          <li className={classes.loose}>
            <Paperclip size={14} aria-hidden /> Files of the ticket
            <Files files={loose} />
          </li>
        )}
      </ol>
    </div>
  );
}

interface ItemProps {
  message: Message;
  files: TicketDetail["attachments"];
  words: string | undefined;
}

function MessageItem({ message, files, words }: ItemProps) {
  const user = useUser();
  const own = message.author?.id === user?.id;
  const name = message.author?.name ?? (message.authorType === "SYSTEM" ? "Patchcord" : "Somebody");
  const kind = message.isInternal ? "note" : message.authorType === "CUSTOMER" ? "customer" : "desk";
  return (
    <li id={messageAnchor(message.id)} className={classes.message} data-kind={kind} tabIndex={-1}>
      <span className={classes.avatar} aria-hidden>
        {initials(name)}
      </span>
      <article className={classes.bubble} aria-label={`${kind === "note" ? "Internal note" : "Message"} of ${name}`}>
        <header className={classes.from}>
          <span className={classes.name}>{own ? "You" : name}</span>
          {message.isInternal && (
            <span className={classes.tag}>
              <Lock size={12} aria-hidden /> Internal note
            </span>
          )}
          {message.suggestionId && (
            <span className={classes.tag}>
              <Sparkles size={12} aria-hidden /> From a draft
            </span>
          )}
          <span className={classes.at}>
            <Age at={message.createdAt} />
          </span>
        </header>
        <p className={classes.body}>
          <Marked text={message.body} words={words} />
        </p>
        {files.length > 0 && <Files files={files} />}
      </article>
    </li>
  );
}

function EventItem({ event }: { event: TicketEvent }) {
  const names = useNames();
  const user = useUser();
  const who = event.actor?.id === user?.id ? "You" : (event.actor?.name ?? "Patchcord");
  return (
    <li className={classes.event}>
      <span>
        <b>{who}</b> {wordsOf(event, names)}
      </span>
      <span className={classes.at}>
        <Age at={event.createdAt} />
      </span>
    </li>
  );
}

function Files({ files }: { files: TicketDetail["attachments"] }) {
  return (
    <div className={classes.files}>
      {files.map((file) => (
        <AttachmentButton key={file.id} file={file} />
      ))}
    </div>
  );
}
