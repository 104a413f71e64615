import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api } from "~/api/client";
import { useLookups } from "~/api/queries";
import { Dot } from "~/components/dot";
import classes from "./directory.module.css";

const COUNT = { limit: 1, count: "exact" };

/** How an organization is: what is off, and what is open. */
export function Wellbeing({ organizationId }: { organizationId: string }) {
  const { statuses } = useLookups();
  const open = statuses.filter(({ isOpen }) => isOpen).map(({ key }) => key);
  const org = [organizationId];
  const devices = useQuery(api.queryOptions("get", "/api/devices", { params: { query: { org, ...COUNT } } }));
  const off = useQuery(
    api.queryOptions("get", "/api/devices", { params: { query: { org, status: ["OFFLINE"], ...COUNT } } }),
  );
  const tickets = useQuery(
    api.queryOptions("get", "/api/tickets", { params: { query: { organizationId: org, status: open, ...COUNT } } }),
  );
  const [all, gone, waiting] = [devices.data?.total, off.data?.total, tickets.data?.total];
  if (all === undefined || gone === undefined || waiting === undefined) return null;
  return (
    <>
      <Dot color={gone ? "var(--desk-late)" : all ? "var(--desk-good)" : null}>
        {gone ? `${String(gone)} of ${String(all)} devices offline` : all ? "No device is offline" : "No devices"}
      </Dot>
      <br />
      <Link className={classes.link} to="/tickets" search={{ organizationId, status: open.join(",") }}>
        {waiting === 1 ? "1 open ticket" : `${String(waiting ?? 0)} open tickets`}
      </Link>
    </>
  );
}
