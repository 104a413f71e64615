import { ActionIcon, Button, Modal, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Download, FileText, Image } from "lucide-react";
import { useCallback, useState } from "react";
import { type TicketDetail, client } from "~/api/client";
import { Failure } from "~/components/route-error";
import { showProblem } from "~/components/toast";
import { fileSize } from "~/lib/text";
import classes from "./ticket.module.css";

type File = TicketDetail["attachments"][number];

/** The only pictures that are shown; the browser is told this kind, whatever the file says of itself. */
const PICTURES = ["image/png", "image/jpeg"];
/** Characters of a text that are shown; the whole of it can be downloaded. */
const SHOWN = 200_000;

/** A file to look at or to save. A plain link could not carry the access token. */
export function AttachmentButton({ file }: { file: File }) {
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
      <Save file={file} />
      {shown && (
        <Modal
          opened
          onClose={() => setShown(false)}
          title={file.fileName}
          size="xl"
          closeButtonProps={{ "aria-label": "Close" }}
        >
          <Preview file={file} />
        </Modal>
      )}
    </span>
  );
}

async function load(id: string, signal?: AbortSignal): Promise<Blob> {
  const { data } = await client.GET("/api/attachments/{id}", { params: { path: { id } }, parseAs: "blob", signal });
  return data as Blob;
}

function Save({ file }: { file: File }) {
  const [loading, setLoading] = useState(false);
  const save = async () => {
    setLoading(true);
    try {
      offer(await load(file.id), file.fileName);
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

/** Pictures as pictures, everything else as text: nothing of a file is ever run or read as HTML. */
function Preview({ file }: { file: File }) {
  const content = useQuery({
    queryKey: ["content of a file", file.id],
    queryFn: async ({ signal }) => {
      const blob = await load(file.id, signal);
      const picture = PICTURES.find((kind) => kind === file.contentType);
      if (picture) return { picture: new Blob([blob], { type: picture }) };
      const text = await blob.text();
      return { text: text.slice(0, SHOWN), cut: text.length > SHOWN };
    },
    // Files never change.
    staleTime: Infinity,
    gcTime: 60_000,
  });
  if (content.isError) return <Failure error={content.error} onRetry={() => void content.refetch()} />;
  if (!content.data) return <Skeleton height={240} aria-label="Loading the file" />;
  return (
    <>
      {content.data.picture ? (
        <Picture blob={content.data.picture} name={file.fileName} />
      ) : (
        <pre className={classes.text} role="region" aria-label={`Text of ${file.fileName}`} tabIndex={0}>
          {content.data.text}
        </pre>
      )}
      <div className={classes.previewFoot}>
        <span>
          {fileSize(file.sizeBytes)}
          {content.data.cut && " · only the beginning is shown"}
        </span>
        <Save file={file} />
      </div>
    </>
  );
}

function Picture({ blob, name }: { blob: Blob; name: string }) {
  // The address is given up together with the picture.
  const show = useCallback(
    (image: HTMLImageElement) => {
      const made = URL.createObjectURL(blob);
      image.src = made;
      return () => URL.revokeObjectURL(made);
    },
    [blob],
  );
  return <img ref={show} className={classes.picture} alt={name} />;
}

function offer(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser takes the content after the click.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
