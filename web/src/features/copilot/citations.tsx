import { api } from "~/api/client";
import { useResultContext } from "./context";
import classes from "./copilot.module.css";

/** What a result rests on: messages of the ticket, articles, similar tickets. Each opens. */
export function Citations({ ids }: { ids: string[] }) {
  const { sources } = useResultContext();
  if (ids.length === 0) return null;
  return (
    <ul className={classes.citations} aria-label="Sources">
      {ids.map((id, index) => {
        const known = sources.get(id);
        return (
          <li key={id}>
            <sup>{index + 1}</sup> {known ? <Source label={known.label} onOpen={known.open} /> : <Elsewhere id={id} />}
          </li>
        );
      })}
    </ul>
  );
}

const KEPT = { staleTime: 300_000 };

/** A source outside the ticket: an article, or a ticket that is like this one. */
function Elsewhere({ id }: { id: string }) {
  const { ticketId, onOpen } = useResultContext();
  const params = { path: { id: ticketId } };
  const articles = api.useQuery("get", "/api/tickets/{id}/articles", { params }, KEPT);
  const similar = api.useQuery("get", "/api/tickets/{id}/similar", { params }, KEPT);
  const ticket = similar.data?.items.find((one) => one.id === id);
  if (ticket) {
    return <Source label={`${ticket.label} ${ticket.subject}`} onOpen={() => onOpen({ ticket: ticket.label })} />;
  }
  // What was cited then may be found no more by today's words; it is opened by its id all the same.
  const title = articles.data?.items.find((one) => one.id === id)?.title ?? "Knowledge base";
  return <Source label={title} onOpen={() => onOpen({ article: id })} />;
}

function Source({ label, onOpen }: { label: string; onOpen: () => void }) {
  return (
    <button type="button" className={classes.citation} onClick={onOpen}>
      {label}
    </button>
  );
}
