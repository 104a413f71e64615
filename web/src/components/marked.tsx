import { highlight } from "~/lib/highlight";
import classes from "./marked.module.css";

/** A text with the searched words marked. It stays text: nothing in it becomes HTML. */
export function Marked({ text, words }: { text: string; words: string | undefined }) {
  if (!words) return text;
  return highlight(text, words).map((part, index) =>
    part.hit ? (
      <mark key={index} className={classes.mark}>
        {part.text}
      </mark>
    ) : (
      part.text
    ),
  );
}
