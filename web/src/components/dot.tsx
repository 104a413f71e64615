import classes from "./dot.module.css";

/** A coloured dot beside normal text: colour is never the only sign. */
export function Dot({ color, children }: { color: string | null | undefined; children: React.ReactNode }) {
  return (
    <span className={classes.dot} style={{ "--dot": color ?? "var(--mantine-color-dimmed)" } as React.CSSProperties}>
      {children}
    </span>
  );
}
