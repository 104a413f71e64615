import { Dot } from "~/components/dot";
import { useConnection } from "~/live/socket";
import classes from "./shell.module.css";

const WORDS = {
  connecting: ["var(--desk-wait)", "Connecting…"],
  open: ["var(--desk-good)", "Live"],
  down: ["var(--desk-late)", "Reconnecting…"],
} as const;

/** Whether live updates come. */
export function Connection() {
  const connection = useConnection();
  const [color, words] = WORDS[connection];
  return (
    <p className={classes.connection} role="status" data-connection={connection}>
      <Dot color={color}>{words}</Dot>
    </p>
  );
}
