import { Button } from "@mantine/core";
import { FileText, Image } from "lucide-react";
import { Suspense, lazy, useState } from "react";
import { fileSize } from "~/lib/text";
import { type Attachment, SaveFile } from "./save-file";
import classes from "./ticket.module.css";

// Most files are not looked at.
const Preview = lazy(async () => ({ default: (await import("./file-preview")).FilePreview }));

/** A file to look at or to save. A plain link could not carry the access token. */
export function AttachmentButton({ file }: { file: Attachment }) {
  const [shown, setShown] = useState(false);
  const Icon = file.contentType.startsWith("image/") ? Image : FileText;
  return (
    <span className={classes.fileBox}>
      <Button
        variant="default"
        className={classes.file}
        onClick={() => setShown(true)}
        leftSection={<Icon size={14} aria-hidden />}
        aria-label={`Look at ${file.fileName}, ${fileSize(file.sizeBytes)}`}
      >
        <span className={classes.fileName}>{file.fileName}</span>
        <span className={classes.fileSize}>{fileSize(file.sizeBytes)}</span>
      </Button>
      <SaveFile file={file} />
      <Suspense>{shown && <Preview file={file} onClose={() => setShown(false)} />}</Suspense>
    </span>
  );
}
