import { Button, Skeleton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Globe, type LucideIcon, Mail, MessageSquare, Phone, Plug } from "lucide-react";
import { useRef } from "react";
import type { TicketLine } from "~/api/client";
import { useLookups } from "~/api/queries";
import { Dot } from "~/components/dot";
import { Failure } from "~/components/route-error";
import { Age, useNow } from "~/components/time";
import { useShortcuts } from "~/lib/shortcuts";
import { Filters } from "./filters";
import classes from "./list.module.css";
import type { TicketSearch } from "./search";
import { clock } from "./sla";
import { useTicketList } from "./use-ticket-list";

interface Props {
  search: TicketSearch;
  onSearch: (search: TicketSearch) => void;
}

/** The left pane: filters, and the tickets that fit them. */
export function TicketList({ search, onSearch }: Props) {
  const { tickets, ...list } = useTicketList(search);
  const rows = useRef<HTMLUListElement>(null);
  const words = useRef<HTMLInputElement>(null);
  useShortcuts({
    j: () => moveFocus(rows.current, 1),
    k: () => moveFocus(rows.current, -1),
    "/": () => words.current?.focus(),
  });
  return (
    <section className={classes.pane} aria-label="Tickets">
      <header className={classes.head}>
        <h1 className={classes.title}>Tickets</h1>
        <Filters search={search} onChange={onSearch} inputRef={words} />
      </header>
      <div className={classes.scroll} aria-busy={list.isFetching} data-stale={list.isPlaceholderData || undefined}>
        {list.isPending && <Placeholders />}
        {list.isError && tickets.length === 0 && <Failure error={list.error} onRetry={() => void list.refetch()} />}
        {list.isSuccess && tickets.length === 0 && <Nothing search={search} onSearch={onSearch} />}
        <ul ref={rows} className={classes.rows}>
          {tickets.map((ticket) => (
            <Row key={ticket.id} ticket={ticket} search={search} />
          ))}
        </ul>
        {list.hasNextPage && (
          <Button
            variant="default"
            fullWidth
            mt={8}
            loading={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            Load more
          </Button>
        )}
      </div>
      <footer className={classes.foot}>
        <kbd>J</kbd> <kbd>K</kbd> move · <kbd>Enter</kbd> opens · <kbd>?</kbd> all keys
      </footer>
    </section>
  );
}

/** Moves the focus among the tickets, beginning at the one that is open. */
function moveFocus(rows: HTMLUListElement | null, step: 1 | -1): void {
  const links = [...(rows?.querySelectorAll("a") ?? [])];
  const focused = links.findIndex((link) => link === document.activeElement);
  const open = links.findIndex((link) => link.dataset.status === "active");
  const from = focused >= 0 ? focused : open;
  const next = from < 0 ? 0 : Math.min(links.length - 1, Math.max(0, from + step));
  links[next]?.focus();
}

const CHANNELS: Record<string, LucideIcon> = {
  WEB: Globe,
  EMAIL: Mail,
  CHAT: MessageSquare,
  PHONE: Phone,
  API: Plug,
};

function Row({ ticket, search }: { ticket: TicketLine; search: TicketSearch }) {
  const { statuses, priorities, channels } = useLookups();
  const now = useNow();
  const status = statuses.find(({ key }) => key === ticket.status);
  const priority = priorities.find(({ key }) => key === ticket.priority);
  const sla = clock(ticket, now);
  const Channel = CHANNELS[ticket.channel] ?? Globe;
  return (
    <li>
      <Link to="/tickets/$ticket" params={{ ticket: ticket.label }} search={search} className={classes.row}>
        <span className={classes.line}>
          <span className={classes.who}>{ticket.contact?.name ?? "No contact"}</span>
          <span className={classes.when}>
            <Channel
              size={13}
              aria-label={channels.find(({ key }) => key === ticket.channel)?.label ?? ticket.channel}
              role="img"
            />
            <Age at={ticket.lastMessageAt ?? ticket.createdAt} short />
          </span>
        </span>
        <span className={classes.subject}>{ticket.subject}</span>
        <span className={classes.line}>
          <span className={classes.organization}>{ticket.organization?.name ?? ticket.label}</span>
          {sla && sla.level !== "calm" ? (
            <span className={classes[sla.level]}>{sla.text}</span>
          ) : (
            <span className={classes.marks}>
              {ticket.priority === "URGENT" && <Dot color={priority?.color}>{priority?.label}</Dot>}
              <Dot color={status?.color}>{status?.label ?? ticket.status}</Dot>
            </span>
          )}
        </span>
      </Link>
    </li>
  );
}

/** Shaped like the rows, so that nothing jumps when they come. */
function Placeholders() {
  return (
    <div role="status" aria-label="Loading tickets">
      {Array.from({ length: 8 }, (_, index) => (
        <div key={index} className={classes.row}>
          <Skeleton height={12} width="45%" mb={7} />
          <Skeleton height={13} width="92%" mb={7} />
          <Skeleton height={12} width="60%" />
        </div>
      ))}
    </div>
  );
}

function Nothing({ search, onSearch }: Props) {
  const filtered = Boolean(search.q ?? search.status ?? search.priority);
  return (
    <div className={classes.nothing}>
      <p>{filtered ? "No ticket fits these filters." : "No tickets yet. The first one shows up here."}</p>
      {filtered && (
        <Button variant="default" onClick={() => onSearch({})}>
          Clear filters
        </Button>
      )}
    </div>
  );
}
