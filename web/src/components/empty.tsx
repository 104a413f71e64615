import { Title } from "@mantine/core";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import classes from "./empty.module.css";

interface Props {
  icon: LucideIcon;
  title: string;
  /** What would be here, and how it comes to be. */
  children: ReactNode;
  /** The button that makes the first one. */
  action?: ReactNode;
}

/** Instead of a list that has nothing in it: says what belongs here and how to begin. */
export function Empty({ icon: Icon, title, children, action }: Props) {
  return (
    <div className={classes.empty}>
      <Icon size={28} strokeWidth={1.5} color="var(--mantine-color-dimmed)" aria-hidden />
      <Title order={2}>{title}</Title>
      <p>{children}</p>
      {action}
    </div>
  );
}
