import { Problem } from "./problem";
import type { components } from "./schema";
import { freshToken, refresh } from "./session";

export type Attachment = components["schemas"]["AttachmentRow"];
export type ImportReport = components["schemas"]["ImportReport"];

interface Sending {
  path: string;
  form: () => FormData;
  headers?: Record<string, string>;
  /** Told from 0 to 1 how much has gone out. */
  onProgress: (part: number) => void;
  signal: AbortSignal;
}

interface Upload extends Pick<Sending, "onProgress" | "signal"> {
  ticketId: string;
  file: File;
  /** The message that it belongs to; the ticket as a whole when absent. */
  messageId?: string | undefined;
}

/** Sends a file to a ticket. */
export async function upload({ ticketId, file, messageId, ...rest }: Upload): Promise<Attachment> {
  const form = () => {
    const fields = new FormData();
    // What belongs to the file comes first: the server reads in order.
    if (messageId) fields.append("messageId", messageId);
    fields.append("file", file, file.name);
    return fields;
  };
  const path = `/api/tickets/${encodeURIComponent(ticketId)}/attachments`;
  return (await sent({ path, form, ...rest })) as Attachment;
}

interface Import extends Pick<Sending, "onProgress" | "signal"> {
  file: File;
  kind: string;
  dryRun: boolean;
  createMissing: boolean;
  /** By name in the file: the column that it is, or null to pass it over. */
  mapping: Record<string, string | null>;
  /** By which the server knows a repetition. */
  key: string;
}

/** Sends a file of organizations, contacts or devices: to try it out, or to have it written. */
export async function importFile(wanted: Import): Promise<ImportReport> {
  const { file, kind, dryRun, createMissing, mapping, key, ...rest } = wanted;
  const form = () => {
    const fields = new FormData();
    fields.append("kind", kind);
    fields.append("dryRun", String(dryRun));
    fields.append("createMissing", String(createMissing));
    if (Object.keys(mapping).length > 0) fields.append("mapping", JSON.stringify(mapping));
    fields.append("file", file, file.name);
    return fields;
  };
  const headers: Record<string, string> = dryRun ? {} : { "Idempotency-Key": key };
  return (await sent({ path: "/api/import", form, headers, ...rest })) as ImportReport;
}

/** `fetch` cannot tell how far it got, so this is an older kind of request. */
async function sent(wanted: Sending): Promise<unknown> {
  const first = await send(wanted, await freshToken());
  const answer = first.status === 401 ? await send(wanted, (await refresh())?.token ?? null) : first;
  if (!answer.ok) throw await Problem.from(answer);
  return answer.json();
}

function send({ path, form, headers = {}, onProgress, signal }: Sending, token: string | null): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    if (token) request.setRequestHeader("Authorization", `Bearer ${token}`);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    request.onload = () => {
      const id = request.getResponseHeader("X-Request-Id");
      const known: Record<string, string> = id ? { "X-Request-Id": id } : {};
      resolve(new Response(request.responseText || null, { status: request.status, headers: known }));
    };
    request.onerror = () => reject(Problem.offline());
    request.onabort = () => reject(new DOMException("the upload was cancelled", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(form());
  });
}
