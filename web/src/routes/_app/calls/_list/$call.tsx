import { createFileRoute } from "@tanstack/react-router";
import { CallPage } from "~/features/calls/call-page";
import { callQuery } from "~/features/calls/use-call-list";
import { z } from "~/lib/zod";

const TurnSearch = z.object({
  /** The turn that a link leads to: its place in the call, or the one in which the ticket was filed. */
  turn: z.catch(z.optional(z.union([z.literal("ticket"), z.coerce.number().check(z.int(), z.minimum(1))])), undefined),
});

export const Route = createFileRoute("/_app/calls/_list/$call")({
  validateSearch: TurnSearch,
  loader: ({ context, params }) => void context.queries.prefetchQuery(callQuery(params.call)),
  component: CallRoute,
});

function CallRoute() {
  const { call } = Route.useParams();
  const { turn, q } = Route.useSearch();
  const navigate = Route.useNavigate();
  return (
    <CallPage
      key={call}
      id={call}
      turn={turn}
      words={q}
      onTurn={(wanted) => void navigate({ to: ".", search: (search) => ({ ...search, turn: wanted }), replace: true })}
    />
  );
}
