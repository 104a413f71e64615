import { createFileRoute } from "@tanstack/react-router";
import { WebhookPage } from "~/features/settings/webhook";

export const Route = createFileRoute("/_app/settings/webhooks/$webhook")({ component: WebhookRoute });

function WebhookRoute() {
  const { webhook } = Route.useParams();
  return <WebhookPage key={webhook} id={webhook} />;
}
