import { ActionIcon, Button, Progress } from "@mantine/core";
import { RotateCw, X } from "lucide-react";
import { fileSize } from "~/lib/text";
import classes from "./composer.module.css";
import { type Files, faultOf } from "./files";

/** Files that go out with the message, how far they are, and what is wrong with them. */
export function FileTray({ files }: { files: Files }) {
  if (files.files.length === 0) return null;
  const kept = files.files.filter(({ state, messageId }) => state === "failed" && messageId);
  return (
    <>
      <ul className={classes.tray} aria-label="Files to send">
        {files.files.map((one) => (
          <li key={one.key} className={classes.waiting} data-state={one.state}>
            <span className={classes.fileName}>{one.file.name}</span>
            <span className={classes.fileNote} role={one.fault ? "alert" : undefined}>
              {one.fault ?? fileSize(one.file.size)}
            </span>
            {one.state === "sending" && (
              <Progress
                size={4}
                className={classes.progress}
                value={one.progress * 100}
                aria-label={`Sending ${one.file.name}`}
              />
            )}
            {one.state === "failed" && !faultOf(one.file) && (
              <ActionIcon size={24} aria-label={`Send ${one.file.name} again`} onClick={() => void files.retry(one)}>
                <RotateCw size={13} aria-hidden />
              </ActionIcon>
            )}
            <ActionIcon size={24} aria-label={`Remove ${one.file.name}`} onClick={() => files.remove(one.key)}>
              <X size={13} aria-hidden />
            </ActionIcon>
          </li>
        ))}
      </ul>
      {kept.length > 1 && (
        <Button
          variant="default"
          size="compact-xs"
          onClick={() => {
            for (const one of kept) void files.retry(one);
          }}
        >
          Send all again
        </Button>
      )}
    </>
  );
}
