import { Link } from "@tanstack/react-router";
import { TicketViews } from "~/features/tickets/views";
import type { DeskPage } from "./pages";
import classes from "./shell.module.css";

/** Where to go: the views of the list, with their numbers, and the other pages. */
export function Navigation({ pages }: { pages: DeskPage[] }) {
  return (
    <div className={classes.views}>
      <TicketViews />
      <h2 className={classes.group}>Team</h2>
      {pages
        .filter(({ to }) => to !== "/tickets" && to !== "/account")
        .map(({ to, label, icon: Icon }) => (
          <Link key={to} to={to} className={classes.view}>
            <Icon size={15} aria-hidden /> {label}
          </Link>
        ))}
    </div>
  );
}
