import type { ReactNode } from "react";
import classes from "./panes.module.css";

interface Props {
  list: ReactNode;
  /** Whether something of the list is open; on a phone only that is shown then. */
  open: boolean;
  children: ReactNode;
}

export function Panes({ list, open, children }: Props) {
  return (
    <div className={classes.panes} data-open={open || undefined}>
      <div className={classes.list}>{list}</div>
      <div className={classes.main}>{children}</div>
    </div>
  );
}
