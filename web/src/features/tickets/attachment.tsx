import { Button } from "@mantine/core";
import { FileText, Image } from "lucide-react";
import { useState } from "react";
import { type TicketDetail, client } from "~/api/client";
import { showProblem } from "~/components/toast";
import { fileSize } from "~/lib/text";
import classes from "./ticket.module.css";

/** A file to save. A plain link could not carry the access token. */
export function AttachmentButton({ file }: { file: TicketDetail["attachments"][number] }) {
  const [loading, setLoading] = useState(false);
  const Icon = file.contentType.startsWith("image/") ? Image : FileText;
  const save = async () => {
    setLoading(true);
    try {
      const params = { path: { id: file.id } };
      const { data } = await client.GET("/api/attachments/{id}", { params, parseAs: "blob" });
      if (data) offer(data, file.fileName);
    } catch (error) {
      showProblem(`${file.fileName} was not downloaded`, error);
    } finally {
      setLoading(false);
    }
  };
  return (
    <Button
      variant="default"
      className={classes.file}
      loading={loading}
      onClick={() => void save()}
      leftSection={<Icon size={14} aria-hidden />}
      aria-label={`Download ${file.fileName}, ${fileSize(file.sizeBytes)}`}
    >
      <span className={classes.fileName}>{file.fileName}</span>
      <span className={classes.fileSize}>{fileSize(file.sizeBytes)}</span>
    </Button>
  );
}

function offer(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
