import { Title } from "@mantine/core";
import { useId, type ReactNode } from "react";
import classes from "./directory.module.css";

interface Props {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
}

/** One part of a page of the directory: what belongs to the thing, and a button that adds to it. */
export function Section({ title, actions, children }: Props) {
  const id = useId();
  return (
    <section className={classes.section} aria-labelledby={id}>
      <div className={classes.sectionHead}>
        <Title order={2} id={id}>
          {title}
        </Title>
        {actions}
      </div>
      {children}
    </section>
  );
}

/** What is known beside what belongs to it; below each other where there is no room. */
export function Sheet({ facts, children }: { facts: ReactNode; children: ReactNode }) {
  return (
    <div className={classes.sheet}>
      <div className={classes.sheetFacts}>{facts}</div>
      <div className={classes.sheetMain}>{children}</div>
    </div>
  );
}
