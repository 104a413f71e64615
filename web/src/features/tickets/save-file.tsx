import { ActionIcon } from "@mantine/core";
import { Download } from "lucide-react";
import { useState } from "react";
import { type TicketDetail, client } from "~/api/client";
import { showProblem } from "~/components/toast";
import { offer } from "~/lib/offer";
import classes from "./ticket.module.css";

export type Attachment = TicketDetail["attachments"][number];

/** The bytes of a file. */
export async function loadFile(id: string, signal?: AbortSignal): Promise<Blob> {
  const { data } = await client.GET("/api/attachments/{id}", { params: { path: { id } }, parseAs: "blob", signal });
  return data as Blob;
}

/** Downloads a file under its name. */
export function SaveFile({ file }: { file: Attachment }) {
  const [loading, setLoading] = useState(false);
  const save = async () => {
    setLoading(true);
    try {
      offer(await loadFile(file.id), file.fileName);
    } catch (error) {
      showProblem(`${file.fileName} was not downloaded`, error);
    } finally {
      setLoading(false);
    }
  };
  return (
    <ActionIcon
      variant="default"
      size={30}
      className={classes.save}
      loading={loading}
      aria-label={`Download ${file.fileName}`}
      onClick={() => void save()}
    >
      <Download size={14} aria-hidden />
    </ActionIcon>
  );
}
