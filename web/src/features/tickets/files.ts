import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { Problem } from "~/api/problem";
import { upload } from "~/api/upload";
import { newKey } from "~/lib/once";

/** What the server takes; told before anything is sent. */
const ENDINGS = ["txt", "log", "png", "jpg", "jpeg", "json"];
const LARGEST = 5 * 1024 * 1024;
export const ACCEPT = ENDINGS.map((ending) => `.${ending}`).join(",");

/** A file on its way to a ticket. */
export interface Waiting {
  key: string;
  file: File;
  state: "waiting" | "sending" | "failed";
  /** How much of it has gone out, from 0 to 1. */
  progress: number;
  fault: string | null;
  /** The message that it was sent with, when that is there already. */
  messageId?: string | undefined;
}

/** Why a file would be refused; null when nothing speaks against it. */
export function faultOf({ name, size }: Pick<File, "name" | "size">): string | null {
  const ending = name.split(".").at(-1)?.toLowerCase() ?? "";
  if (!name.includes(".") || !ENDINGS.includes(ending)) return `Only ${ENDINGS.join(", ")} files are taken`;
  if (size > LARGEST) return "Larger than 5 MB";
  return size === 0 ? "The file is empty" : null;
}

/** Files that were chosen, dropped or pasted, until they are on the ticket. */
export function useFiles(ticketId: string) {
  const queries = useQueryClient();
  const [files, setFiles] = useState<Waiting[]>([]);
  const aborts = useRef(new Map<string, AbortController>());
  const change = (key: string, part: Partial<Waiting>) =>
    setFiles((all) => all.map((one) => (one.key === key ? { ...one, ...part } : one)));
  const drop = (key: string) => {
    aborts.current.get(key)?.abort();
    setFiles((all) => all.filter((one) => one.key !== key));
  };

  const sendOne = async ({ key, file, ...known }: Waiting, messageId: string | undefined) => {
    const abort = new AbortController();
    aborts.current.set(key, abort);
    const target = messageId ?? known.messageId;
    change(key, { state: "sending", progress: 0, fault: null, messageId: target });
    try {
      const onProgress = (progress: number) => change(key, { progress });
      await upload({ ticketId, file, messageId: target, onProgress, signal: abort.signal });
      drop(key);
    } catch (error) {
      if (abort.signal.aborted) return;
      const problem = Problem.of(error);
      const request = problem.requestId ? ` (request ${problem.requestId})` : "";
      change(key, { state: "failed", fault: `${problem.byField().file ?? problem.message}${request}` });
    } finally {
      aborts.current.delete(key);
    }
  };
  const again = () => void queries.invalidateQueries({ queryKey: ["get", "/api/tickets/{id}"] });

  return {
    files,
    add: (chosen: Iterable<File>) => {
      const added = [...chosen].map((file): Waiting => {
        const fault = faultOf(file);
        return { key: newKey(), file, state: fault ? "failed" : "waiting", progress: 0, fault };
      });
      setFiles((all) => [...all, ...added]);
    },
    remove: drop,
    /** Sends what waits, one file after the other. */
    send: async (messageId?: string) => {
      for (const one of files) {
        if (one.state === "waiting") await sendOne(one, messageId);
      }
      again();
    },
    retry: async (one: Waiting) => {
      if (faultOf(one.file)) return;
      await sendOne(one, undefined);
      again();
    },
  };
}

export type Files = ReturnType<typeof useFiles>;
