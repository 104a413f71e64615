import { createFileRoute } from "@tanstack/react-router";
import type { TicketDetail } from "~/api/client";
import { ticketQuery } from "~/api/queries";
import { useUser } from "~/api/session";
import { SideTabs } from "~/components/side-tabs";
import { showDone } from "~/components/toast";
import type { Sources } from "~/features/copilot/context";
import { CopilotPanel } from "~/features/copilot/panel";
import { TicketActivity } from "~/features/tickets/activity";
import { TicketDetails } from "~/features/tickets/details";
import { TicketPage } from "~/features/tickets/ticket-page";
import { messageAnchor } from "~/lib/anchors";
import { useDraft } from "~/lib/drafts";

export const Route = createFileRoute("/_app/tickets/$ticket")({
  loader: ({ context, params }) => void context.queries.prefetchQuery(ticketQuery(params.ticket)),
  component: TicketRoute,
});

function TicketRoute() {
  const { ticket } = Route.useParams();
  return <TicketPage key={ticket} id={ticket} side={(detail) => <Side ticket={detail} />} />;
}

/** Where the two features meet: the copilot's draft goes into the ticket's composer. */
function Side({ ticket }: { ticket: TicketDetail }) {
  const navigate = Route.useNavigate();
  const { insert } = useDraft(useUser()?.id ?? "", ticket.id);
  return (
    <SideTabs
      copilot={
        <CopilotPanel
          ticketId={ticket.id}
          sources={sourcesOf(ticket)}
          onInsert={(text, suggestionId) => showDone("Draft inserted", insert(text, suggestionId))}
          onOpen={(what) =>
            void ("ticket" in what
              ? navigate({ to: "/tickets/$ticket", params: { ticket: what.ticket }, search: (search) => search })
              : navigate({ to: "/knowledge/$article", params: { article: what.article } }))
          }
        />
      }
      details={<TicketDetails ticket={ticket} />}
      activity={<TicketActivity ticket={ticket} />}
    />
  );
}

/** What the copilot may have read of this ticket, so that its citations open. */
function sourcesOf(ticket: TicketDetail): Sources {
  return new Map(
    ticket.messages.map(({ id, author, isInternal }) => {
      const name = author?.name ?? "Patchcord";
      const label = isInternal ? `Note of ${name} (internal)` : `Message of ${name}`;
      return [id, { label, open: () => show(messageAnchor(id)) }];
    }),
  );
}

function show(anchor: string): void {
  const element = document.getElementById(anchor);
  element?.scrollIntoView({ block: "center" });
  element?.focus({ preventScroll: true });
}
