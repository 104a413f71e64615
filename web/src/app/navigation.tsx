import { Link, useLocation } from "@tanstack/react-router";
import { Fragment } from "react";
import { TicketViews } from "~/features/tickets/views";
import { type DeskPage, pageAt } from "./pages";
import classes from "./shell.module.css";

/** Where to go: the views of the list, with their numbers, and the other pages. */
export function Navigation({ pages }: { pages: DeskPage[] }) {
  const current = useLocation({ select: ({ pathname }) => pageAt(pathname, pages)?.to });
  return (
    <div className={classes.views}>
      <TicketViews />
      {(["Calls", "Directory", "Team"] as const).map((heading) => (
        <Fragment key={heading}>
          <h2 className={classes.group}>{heading}</h2>
          {pages
            .filter(({ group }) => group === heading)
            .map(({ to, label, icon: Icon }) => (
              <Link key={to} to={to} className={classes.view} activeOptions={{ exact: to !== current }}>
                <Icon size={15} aria-hidden /> {label}
              </Link>
            ))}
        </Fragment>
      ))}
    </div>
  );
}
