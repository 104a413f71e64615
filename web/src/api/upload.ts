import { Problem } from "./problem";
import type { components } from "./schema";
import { freshToken, refresh } from "./session";

export type Attachment = components["schemas"]["AttachmentRow"];

interface Upload {
  ticketId: string;
  file: File;
  /** The message that it belongs to; the ticket as a whole when absent. */
  messageId?: string | undefined;
  /** Told from 0 to 1 how much has gone out. */
  onProgress: (part: number) => void;
  signal: AbortSignal;
}

/** Sends a file to a ticket. `fetch` cannot tell how far it got, so this is an older kind of request. */
export async function upload(wanted: Upload): Promise<Attachment> {
  const first = await send(wanted, await freshToken());
  const answer = first.status === 401 ? await send(wanted, (await refresh())?.token ?? null) : first;
  if (!answer.ok) throw await Problem.from(answer);
  return (await answer.json()) as Attachment;
}

function send({ ticketId, file, messageId, onProgress, signal }: Upload, token: string | null): Promise<Response> {
  const form = new FormData();
  // What belongs to the file comes first: the server reads in order.
  if (messageId) form.append("messageId", messageId);
  form.append("file", file, file.name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/tickets/${encodeURIComponent(ticketId)}/attachments`);
    if (token) request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    request.onload = () => {
      const id = request.getResponseHeader("X-Request-Id");
      const headers: Record<string, string> = id ? { "X-Request-Id": id } : {};
      resolve(new Response(request.responseText || null, { status: request.status, headers }));
    };
    request.onerror = () => reject(Problem.offline());
    request.onabort = () => reject(new DOMException("the upload was cancelled", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}
