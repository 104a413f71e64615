import { Title } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./page.module.css";

interface Props {
  title: string;
  /** One line under the title: what this page is for. */
  about?: ReactNode;
  actions?: ReactNode;
  /** Forms are easier to read when they are not as wide as the screen. */
  narrow?: boolean;
  children: ReactNode;
}

/** A page with a title and one column that scrolls. */
export function Page({ title, about, actions, narrow = false, children }: Props) {
  return (
    <section className={classes.page} aria-label={title}>
      <header className={classes.head}>
        <div>
          <Title order={1}>{title}</Title>
          {about && <p className={classes.about}>{about}</p>}
        </div>
        {actions && <div className={classes.actions}>{actions}</div>}
      </header>
      <div className={classes.body} role="region" aria-label={`${title}: content`} tabIndex={0}>
        <div className={narrow ? classes.narrow : undefined}>{children}</div>
      </div>
    </section>
  );
}
