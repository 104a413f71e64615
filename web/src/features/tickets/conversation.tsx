import { Lock, Paperclip, Sparkles } from "lucide-react";
import type { Message, TicketDetail } from "~/api/client";
import { useUser } from "~/api/session";
import { Age } from "~/components/time";
import { initials } from "~/lib/text";
import { messageAnchor } from "~/lib/anchors";
import { AttachmentButton } from "./attachment";
import classes from "./ticket.module.css";

/** Messages and notes in one time line, the newest at the bottom and in sight. */
export function Conversation({ ticket }: { ticket: TicketDetail }) {
  const loose = ticket.attachments.filter((file) => !file.messageId);
  return (
    <div className={classes.scroll} role="region" aria-label="Conversation" tabIndex={0}>
      <ol className={classes.messages}>
        {ticket.messagesOmitted > 0 && (
          <li className={classes.omitted}>{ticket.messagesOmitted} older messages are not shown</li>
        )}
        {ticket.messages.map((message) => (
          <MessageItem
            key={message.id}
            message={message}
            files={ticket.attachments.filter((file) => file.messageId === message.id)}
          />
        ))}
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
}

function MessageItem({ message, files }: ItemProps) {
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
        <p className={classes.body}>{message.body}</p>
        {files.length > 0 && <Files files={files} />}
      </article>
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
