import { UnstyledButton } from "@mantine/core";
import classes from "./call-now.module.css";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const NAMES: Record<string, string> = { "*": "Star", "#": "Hash" };

/** The keys of a telephone. */
export function Keypad({ onPress }: { onPress: (key: string) => void }) {
  return (
    <div className={classes.keypad} role="group" aria-label="Keypad">
      {KEYS.map((key) => (
        <UnstyledButton key={key} className={classes.key} aria-label={NAMES[key]} onClick={() => onPress(key)}>
          {key}
        </UnstyledButton>
      ))}
    </div>
  );
}
