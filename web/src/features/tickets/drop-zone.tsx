import { type DragEvent, type ReactNode, useRef, useState } from "react";
import classes from "./ticket.module.css";

interface Props {
  className: string | undefined;
  onFiles: (files: FileList) => void;
  children: ReactNode;
}

function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer.types.includes("Files");
}

/** Takes files that are dropped anywhere on it. */
export function DropZone({ className, onFiles, children }: Props) {
  const [over, setOver] = useState(false);
  // Children tell of entering and leaving as well.
  const depth = useRef(0);
  const leave = () => {
    depth.current = 0;
    setOver(false);
  };
  return (
    <div
      className={className}
      onDragEnter={(event) => {
        if (!hasFiles(event)) return;
        depth.current += 1;
        setOver(true);
      }}
      onDragLeave={() => {
        depth.current -= 1;
        if (depth.current <= 0) leave();
      }}
      onDragOver={(event) => {
        if (hasFiles(event)) event.preventDefault();
      }}
      onDrop={(event) => {
        leave();
        if (!hasFiles(event)) return;
        event.preventDefault();
        onFiles(event.dataTransfer.files);
      }}
    >
      {children}
      {over && <div className={classes.drop}>Drop the files here to attach them</div>}
    </div>
  );
}
