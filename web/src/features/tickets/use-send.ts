import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { type Message, type TicketDetail, client } from "~/api/client";
import { Problem } from "~/api/problem";
import { suggestionsQuery } from "~/api/queries";
import { useUser } from "~/api/session";
import { showProblem } from "~/components/toast";
import type { Draft } from "~/lib/drafts";
import { useOnceKey } from "~/lib/once";
import { accept } from "./change";
import type { Files } from "./files";
import { patchDetails } from "./lines";

/** Sends a message, a macro and files once, however often it is asked to. */
export function useSend(ticket: TicketDetail, files: Files, clear: () => void) {
  const queries = useQueryClient();
  const userId = useUser()?.id;
  const once = useOnceKey();
  const underWay = useRef(false);
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  async function post({ body, internal, source, macro }: Draft): Promise<string | undefined> {
    const path = { id: ticket.id };
    if (macro) {
      const use = body === "" ? {} : { body };
      const header = { "Idempotency-Key": once.keyFor([macro.id, use]) };
      const params = { path: { ...path, macroId: macro.id }, header };
      const { data } = await client.POST("/api/tickets/{id}/macros/{macroId}", { params, body: use });
      if (!data) return undefined;
      accept(queries, data);
      return data.messages.findLast((message: Message) => message.author?.id === userId)?.id;
    }
    const message = { body, isInternal: internal, suggestionId: internal ? undefined : source?.suggestionId };
    const header = { "Idempotency-Key": once.keyFor(message) };
    const { data: added } = await client.POST("/api/tickets/{id}/messages", {
      params: { path, header },
      body: message,
    });
    if (added) {
      patchDetails(queries, [ticket.id], (now) =>
        now.messages.some(({ id }) => id === added.id) ? now : { ...now, messages: [...now.messages, added] },
      );
    }
    return added?.id;
  }

  async function send(draft: Draft) {
    // State would come a render too late for the second half of a double click.
    if (underWay.current) return;
    underWay.current = true;
    setSending(true);
    setProblem(null);
    try {
      const hasText = draft.body !== "" || draft.macro !== null;
      const messageId = hasText ? await post(draft) : undefined;
      if (hasText) {
        once.done();
        clear();
        void queries.invalidateQueries({ queryKey: ["get", "/api/tickets/{id}"] });
      }
      if (draft.source && draft.body !== "" && !draft.internal) {
        void tellWhatBecameOf(draft.source, draft.body).then(() =>
          queries.invalidateQueries({ queryKey: suggestionsQuery(ticket.id).queryKey }),
        );
      }
      await files.send(messageId);
    } catch (error) {
      const refused = Problem.of(error);
      setProblem(refused);
      if (!refused.byField().body) showProblem("The message was not sent", refused);
    } finally {
      underWay.current = false;
      setSending(false);
    }
  }
  return { send, sending, problem };
}

/** Drafts are measured by what was really sent. It must not bother anybody when that is not recorded. */
async function tellWhatBecameOf(source: NonNullable<Draft["source"]>, sent: string): Promise<void> {
  const accepted = source.text.trim() === sent;
  await client
    .POST("/api/copilot/v1/feedback/{id}", {
      params: { path: { id: source.suggestionId } },
      body: accepted ? { verdict: "accepted" } : { verdict: "edited", finalText: sent },
    })
    .catch(() => undefined);
}
