import { Modal, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { Failure } from "~/components/route-error";
import { useReturnFocus } from "~/lib/return-focus";
import { fileSize } from "~/lib/text";
import { type Attachment, SaveFile, loadFile } from "./save-file";
import classes from "./ticket.module.css";

/** The only pictures that are shown; the browser is told this kind, whatever the file says of itself. */
const PICTURES = ["image/png", "image/jpeg"];
/** Characters of a text that are shown; the whole of it can be downloaded. */
const SHOWN = 200_000;

/** A file to look at. */
export function FilePreview({ file, onClose }: { file: Attachment; onClose: () => void }) {
  useReturnFocus();
  return (
    <Modal opened onClose={onClose} title={file.fileName} size="xl" closeButtonProps={{ "aria-label": "Close" }}>
      <Content file={file} />
    </Modal>
  );
}

/** Pictures as pictures, everything else as text: nothing of a file is ever run or read as HTML. */
function Content({ file }: { file: Attachment }) {
  const content = useQuery({
    queryKey: ["content of a file", file.id],
    queryFn: async ({ signal }) => {
      const blob = await loadFile(file.id, signal);
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
        <SaveFile file={file} />
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
