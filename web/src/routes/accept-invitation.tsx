import { createFileRoute, useRouter } from "@tanstack/react-router";
import { AcceptInvitation } from "~/features/session/accept-invitation";
import { z } from "~/lib/zod";

export const Route = createFileRoute("/accept-invitation")({
  validateSearch: z.object({ token: z.catch(z.string(), "") }),
  component: AcceptInvitationRoute,
});

function AcceptInvitationRoute() {
  const { token } = Route.useSearch();
  const router = useRouter();
  // The address with the token is not kept in the history.
  return <AcceptInvitation token={token} onAccepted={() => router.history.replace("/tickets")} />;
}
